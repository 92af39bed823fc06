import { AppError } from '../../common/errors/app-error.js';
import { toUnitLength } from '../unit-vector.js';
import { float32Values, int8Values, integerValues, type Tensor } from './safetensors.js';

/**
 * The vectors of a Model2Vec folder: row `mapping[id]` (or `id`) of `embeddings`, times
 * `weights[id]` where there are weights. 8-bit rows stay 8-bit in memory.
 */
export class TokenTable {
  readonly dimensions: number;
  /** Token ids below this have a row. */
  readonly tokens: number;
  private readonly rows: Int8Array | Float32Array;
  private readonly weights?: Float32Array;
  private readonly mapping?: Int32Array;
  /** f64, because storing a sum to f32 after every token costs a conversion each time. */
  private readonly sum: Float64Array;

  constructor(tensors: ReadonlyMap<string, Tensor>) {
    const embeddings = tensors.get('embeddings') ?? tensors.get('embedding.weight');
    if (!embeddings) throw unusable('it has neither embeddings nor embedding.weight');
    const [rowCount, dimensions] = embeddings.shape;
    if (embeddings.shape.length !== 2 || !rowCount || !dimensions) {
      throw unusable(`embeddings have the shape [${embeddings.shape.join(', ')}]`);
    }
    this.dimensions = dimensions;
    this.rows =
      embeddings.dtype === 'I8' ? int8Values(embeddings) : float32Values('embeddings', embeddings);
    const weights = tensors.get('weights');
    const mapping = tensors.get('mapping');
    if (weights) this.weights = float32Values('weights', weights);
    if (mapping) this.mapping = integerValues('mapping', mapping);
    this.tokens = this.mapping?.length ?? rowCount;
    if (this.mapping?.some((row) => row < 0 || row >= rowCount)) {
      throw unusable('mapping points outside embeddings');
    }
    if (this.weights && this.weights.length < this.tokens) {
      throw unusable(`${this.weights.length} weights for ${this.tokens} tokens`);
    }
    this.sum = new Float64Array(dimensions);
  }

  /** Unit-length sum of the rows of the first `count` ids; the zero vector where there are none. */
  embed(ids: Int32Array, count: number): Float32Array {
    const { sum, rows } = this;
    sum.fill(0);
    // Four rows at a time: the sum is then read and written a quarter as often.
    let i = 0;
    for (; i + 3 < count; i += 4) this.addFour(rows, ids, i);
    for (; i < count; i++) {
      const offset = this.offset(ids[i]!);
      const weight = this.weight(ids[i]!);
      for (let j = 0; j < sum.length; j++) sum[j] = sum[j]! + weight * rows[offset + j]!;
    }
    return toUnitLength(new Float32Array(sum));
  }

  private addFour(rows: Int8Array | Float32Array, ids: Int32Array, i: number): void {
    const { sum } = this;
    const [a, b, c, d] = [ids[i]!, ids[i + 1]!, ids[i + 2]!, ids[i + 3]!];
    const [atA, atB, atC, atD] = [this.offset(a), this.offset(b), this.offset(c), this.offset(d)];
    const [wA, wB, wC, wD] = [this.weight(a), this.weight(b), this.weight(c), this.weight(d)];
    for (let j = 0; j < sum.length; j++) {
      sum[j] =
        sum[j]! +
        wA * rows[atA + j]! +
        wB * rows[atB + j]! +
        wC * rows[atC + j]! +
        wD * rows[atD + j]!;
    }
  }

  private offset(id: number): number {
    return (this.mapping ? this.mapping[id]! : id) * this.dimensions;
  }

  private weight(id: number): number {
    return this.weights ? this.weights[id]! : 1;
  }
}

function unusable(reason: string): AppError {
  return new AppError('model_unusable', `model.safetensors cannot be used: ${reason}`);
}
