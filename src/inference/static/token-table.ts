import { toUnitLength } from '../unit-vector.js';
import { SimdSum, type SharedMemory } from './simd-sum.js';

/** A row for each token, as the model's folder has them. */
export interface TokenRows {
  readonly dimensions: number;
  /** Token ids below this have a row. */
  readonly tokens: number;
  /** 8-bit rows stay 8-bit in memory. */
  readonly rows: Int8Array | Float32Array;
  readonly weights?: Float32Array;
  readonly mapping?: Int32Array;
  /** Where rows and weights lie, unless they had to be converted. */
  readonly memory?: SharedMemory;
}

/** Vectors of texts: of each token row `mapping[id]` (or `id`), times `weights[id]` where given. */
export class TokenTable {
  readonly dimensions: number;
  /** Token ids below this have a row. */
  readonly tokens: number;
  private readonly rows: Int8Array | Float32Array;
  private readonly weights: Float32Array | undefined;
  private readonly mapping: Int32Array | undefined;
  /** f64, because storing a sum to f32 after every token costs a conversion each time. */
  private readonly sum: Float64Array;
  private readonly simd: SimdSum | null;

  /** @param thread see `SimdSum` */
  constructor(table: TokenRows, thread = 0) {
    const { dimensions, tokens, rows, weights, mapping } = table;
    this.simd = SimdSum.forTable(table, thread);
    this.dimensions = dimensions;
    this.tokens = tokens;
    this.rows = rows;
    this.weights = weights;
    this.mapping = mapping;
    this.sum = new Float64Array(dimensions);
  }

  /** Unit-length sum of the rows of the first `count` ids; the zero vector where there are none. */
  embed(ids: Int32Array, count: number): Float32Array {
    if (this.simd) return toUnitLength(this.simd.of(ids, count));
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
