import { TERM_ID_RANGE } from './sparse-encoder.js';

/** pgvector's SPARSEVEC_MAX_NNZ (src/sparsevec.h): a text with more terms keeps its heaviest. */
export const SPARSEVEC_MAX_TERMS = 16_000;

export interface SparseVector {
  readonly ids: number[];
  readonly weights: number[];
  readonly dimensions: number;
}

/**
 * pgvector's text form of a sparse vector, `{1:0.5,7:1.2}/1000000000`: indices from 1, ascending.
 * Weights keep six decimals, about what its 32-bit floats hold.
 * @throws RangeError for an id outside the dimensions, a repeated id or a weight that is no number.
 */
export function toSparsevec(
  ids: readonly number[],
  weights: readonly number[],
  dimensions = TERM_ID_RANGE,
): string {
  if (ids.length !== weights.length) throw new RangeError('ids and weights differ in length');
  const entries: string[] = [];
  let previous = 0;
  for (const at of entryOrder(ids, weights)) {
    const id = ids[at]!;
    const weight = weights[at]!;
    if (!Number.isInteger(id) || id < 1 || id > dimensions) throw new RangeError(`bad id ${id}`);
    if (id === previous) throw new RangeError(`id ${id} occurs twice`);
    if (!Number.isFinite(weight)) throw new RangeError(`weight of ${id} is ${weight}`);
    previous = id;
    entries.push(`${id}:${rounded(weight)}`);
  }
  return `{${entries.join(',')}}/${dimensions}`;
}

/** Short in print; weights too small for six decimals keep seven digits, so that none becomes 0. */
function rounded(weight: number): number {
  return Math.abs(weight) >= 0.01 ? Math.round(weight * 1e6) / 1e6 : Number(weight.toPrecision(7));
}

/** Positions of the heaviest entries by ascending id. */
function entryOrder(ids: readonly number[], weights: readonly number[]): number[] {
  let order = ids.map((_, at) => at);
  if (order.length > SPARSEVEC_MAX_TERMS) {
    order.sort((a, b) => weights[b]! - weights[a]! || ids[a]! - ids[b]!);
    order = order.slice(0, SPARSEVEC_MAX_TERMS);
  } else if (ids.every((id, at) => at === 0 || ids[at - 1]! < id)) {
    return order;
  }
  return order.sort((a, b) => ids[a]! - ids[b]!);
}

/**
 * Reads what `toSparsevec` or PostgreSQL wrote.
 * @throws RangeError for any other text.
 */
export function fromSparsevec(literal: string): SparseVector {
  const [, body, dimensions] = /^\{(.*)\}\/(\d+)$/.exec(literal) ?? [];
  if (body === undefined) throw new RangeError('not a sparsevec literal');
  const ids: number[] = [];
  const weights: number[] = [];
  for (const entry of body === '' ? [] : body.split(',')) {
    const colon = entry.indexOf(':');
    const id = Number(entry.slice(0, colon));
    const weight = Number(entry.slice(colon + 1));
    if (colon < 1 || !Number.isInteger(id) || !Number.isFinite(weight)) {
      throw new RangeError(`bad entry ${entry}`);
    }
    ids.push(id);
    weights.push(weight);
  }
  return { ids, weights, dimensions: Number(dimensions) };
}
