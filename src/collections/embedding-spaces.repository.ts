import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { EmbeddingSpace } from './embedding-space.entity.js';

@Injectable()
export class EmbeddingSpacesRepository {
  /** The space of that model; made now unless another process was first. */
  async ensure(
    tx: EntityManager,
    model: string,
    dimensions: number,
    scoreLow: number,
  ): Promise<EmbeddingSpace> {
    await tx.query(
      `insert into embedding_spaces (model, dimensions, score_lo) values ($1, $2, $3)
       on conflict (model) do nothing`,
      [model, dimensions, scoreLow],
    );
    return tx.findOneByOrFail(EmbeddingSpace, { model });
  }
}
