import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { Database } from '../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { EMBEDDER, type Embedder } from '../inference/embedder.js';
import type { EmbeddingSpace } from './embedding-space.entity.js';
import { EmbeddingSpacesRepository } from './embedding-spaces.repository.js';

/** The space that new collections use: the one of the configured embedding model. */
@Injectable()
export class EmbeddingSpacesService {
  private space?: Promise<EmbeddingSpace>;

  constructor(
    private readonly database: Database,
    private readonly spaces: EmbeddingSpacesRepository,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Loads the model the first time.
   * @throws AppError `embedder_unavailable`, `model_unusable`
   */
  current(): Promise<EmbeddingSpace> {
    this.space ??= this.prepare().catch((error: unknown) => {
      this.space = undefined;
      throw error;
    });
    return this.space;
  }

  private async prepare(): Promise<EmbeddingSpace> {
    await this.embedder.ready();
    const { model, dimensions, scoreLow } = this.embedder;
    const space = await this.database.asSystem((tx) =>
      this.spaces.ensure(tx, model, dimensions, scoreLow),
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
