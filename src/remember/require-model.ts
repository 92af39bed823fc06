import { AppError } from '../common/errors/app-error.js';
import type { Embedder } from '../inference/embedder.js';
import type { TargetCollection } from './new-memory.js';

/**
 * Vectors of different models must never share a space: their cosines mean nothing to each other.
 * @throws AppError `embedding_model_differs`
 */
export function requireModel(embedder: Embedder, collection: TargetCollection): void {
  if (collection.model === embedder.model) return;
  throw new AppError(
    'embedding_model_differs',
    `The collection "${collection.name}" was embedded with ${collection.model}, but ` +
      `${embedder.model} is configured.`,
  );
}
