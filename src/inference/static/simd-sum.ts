import { SIMD_CODE } from './simd-code.js';
import type { TokenRows } from './token-table.js';

type Sum = (
  ids: number,
  idsEnd: number,
  rows: number,
  weights: number,
  sum: number,
  dimensions: number,
) => void;

/** What of it is used here: only the types of browsers have it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly validate: (code: Uint8Array) => boolean;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly in: { readonly memory: SharedMemory } },
  ) => { readonly exports: { readonly sum: Sum } };
};

/** A WebAssembly memory that several threads have. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

/** That sum at the same time: the one that answers requests and the one for many texts. */
const THREADS = 2;
const PAGE = 65_536;
/** Of a text; on its page the sum stands behind them. */
const MAX_IDS = 1024;
const MAX_DIMENSIONS = (PAGE - 4 * MAX_IDS) / 4;

/** Memory with `bytes` for a model at its start, and behind them a page for each thread. */
export function sharedMemory(bytes: number): SharedMemory {
  const pages = Math.ceil(bytes / PAGE) + THREADS;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/**
 * The sum that `TokenTable` needs, eight values at a time, which takes a third of the time. For
 * rows of 8 bits and their weights, as they lie in a model's file that was read into shared memory.
 */
export class SimdSum {
  private readonly ids: Int32Array;
  private readonly result: Float32Array;
  private readonly add: (idsEnd: number) => void;

  private constructor(
    memory: SharedMemory,
    thread: number,
    { rows, weights, dimensions }: Required<Pick<TokenRows, 'rows' | 'weights' | 'dimensions'>>,
  ) {
    const { buffer } = memory;
    const page = buffer.byteLength - (THREADS - thread) * PAGE;
    this.ids = new Int32Array(buffer, page, MAX_IDS);
    this.result = new Float32Array(buffer, page + 4 * MAX_IDS, dimensions);
    const module = new WebAssembly.Module(SIMD_CODE);
    const { sum } = new WebAssembly.Instance(module, { in: { memory } }).exports;
    const to = this.result.byteOffset;
    this.add = (idsEnd) => sum(page, idsEnd, rows.byteOffset, weights.byteOffset, to, dimensions);
  }

  /**
   * @param thread 0 or 1, another one for each that sums at the same time
   * @returns null where the rows are of another kind, or the processor does not know such code
   */
  static forTable(
    { memory, rows, weights, mapping, dimensions }: TokenRows,
    thread: number,
  ): SimdSum | null {
    if (!memory || !weights || mapping || !(rows instanceof Int8Array)) return null;
    if (rows.buffer !== memory.buffer || weights.buffer !== memory.buffer) return null;
    if (dimensions % 8 !== 0 || dimensions > MAX_DIMENSIONS) return null;
    if (!WebAssembly.validate(SIMD_CODE)) return null;
    return new SimdSum(memory, thread, { rows, weights, dimensions });
  }

  /** Weighted sum of the rows of the first `count` ids, `dimensions` values; zeros for none. */
  of(ids: Int32Array, count: number): Float32Array {
    const { result } = this;
    result.fill(0);
    for (let at = 0; at < count; at += MAX_IDS) {
      const some = ids.subarray(at, Math.min(count, at + MAX_IDS));
      this.ids.set(some);
      this.add(this.ids.byteOffset + 4 * some.length);
    }
    return new Float32Array(result);
  }
}
