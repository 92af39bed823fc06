import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { Database } from '../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import type { Embedder } from '../inference/embedder.js';
import { Embedders } from '../inference/embedders.js';
import type { EmbeddingSpace } from './embedding-space.entity.js';
import { EmbeddingSpacesRepository } from './embedding-spaces.repository.js';

/** The spaces of the configured models, made when they are first needed. */
@Injectable()
export class EmbeddingSpacesService {
  private readonly spaces = new Map<string, Promise<EmbeddingSpace>>();

  constructor(
    private readonly database: Database,
    private readonly repository: EmbeddingSpacesRepository,
    private readonly embedders: Embedders,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * The space that new collections use. Loads the model the first time.
   * @throws AppError `embedder_unavailable`, `model_unusable`
   */
  current(): Promise<EmbeddingSpace> {
    return this.of(this.embedders.standard);
  }

  /** The same for another model. */
  of(embedder: Embedder): Promise<EmbeddingSpace> {
    const known = this.spaces.get(embedder.model);
    if (known) return known;
    const space = this.prepare(embedder).catch((error: unknown) => {
      this.spaces.delete(embedder.model);
      throw error;
    });
    this.spaces.set(embedder.model, space);
    return space;
  }

  private async prepare(embedder: Embedder): Promise<EmbeddingSpace> {
    await embedder.ready();
    const { model, dimensions, scoreLow } = embedder;
    const space = await this.database.asSystem((tx) =>
      this.repository.ensure(tx, model, dimensions, scoreLow),
    );
    if (space.dimensions !== dimensions) {
      throw new AppError(
        'model_unusable',
        `${model} gives ${dimensions} dimensions now, but its stored vectors have ${space.dimensions}.`,
      );
    }
    // At each start and not only when the row is new: the process that made it may have died here.
    await this.index.ensureSpace({ id: space.id, dimensions });
    return space;
  }
}
