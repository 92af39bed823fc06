import { AppError } from '../../common/errors/app-error.js';
import { float32Values, int8Values, integerValues, type Tensor } from './safetensors.js';
import type { TokenRows } from './token-table.js';

/**
 * The rows of a Model2Vec folder: `embeddings`, with `mapping` and `weights` where it has them.
 * @throws AppError `model_unusable`
 */
export function readTokenRows(tensors: ReadonlyMap<string, Tensor>): TokenRows {
  const embeddings = tensors.get('embeddings') ?? tensors.get('embedding.weight');
  if (!embeddings) throw unusable('it has neither embeddings nor embedding.weight');
  const [rowCount, dimensions] = embeddings.shape;
  if (embeddings.shape.length !== 2 || !rowCount || !dimensions) {
    throw unusable(`embeddings have the shape [${embeddings.shape.join(', ')}]`);
  }
  const rows =
    embeddings.dtype === 'I8' ? int8Values(embeddings) : float32Values('embeddings', embeddings);
  const [weightsOf, mappingOf] = [tensors.get('weights'), tensors.get('mapping')];
  const weights = weightsOf && float32Values('weights', weightsOf);
  const mapping = mappingOf && integerValues('mapping', mappingOf);
  const tokens = mapping?.length ?? rowCount;
  if (mapping?.some((row) => row < 0 || row >= rowCount)) {
    throw unusable('mapping points outside embeddings');
  }
  if (weights && weights.length < tokens) {
    throw unusable(`${weights.length} weights for ${tokens} tokens`);
  }
  return { dimensions, tokens, rows, ...(weights && { weights }), ...(mapping && { mapping }) };
}

function unusable(reason: string): AppError {
  return new AppError('model_unusable', `model.safetensors cannot be used: ${reason}`);
}
