import { SPARSEVEC_MAX_TERMS } from './terms/sparsevec.js';
import { TERM_ID_RANGE } from './terms/sparse-encoder.js';

/**
 * Parameters in PostgreSQL's binary format (`array_recv`, `vector_recv`, `sparsevec_recv`). For
 * vectors that is six times faster to write than text literals in embedded mode, where parsing
 * decimal numbers is most of an insert (docs/adr/0006-narrow-index-tables.md).
 */

/** PostgreSQL's own types have fixed ids (src/include/catalog/pg_type.dat). */
const INT4 = 23;
const UUID = 2950;

const ARRAY_HEADER = 20;

/** One-dimensional array of elements given as bytes. */
function binaryArray(elementType: number, elements: readonly Buffer[]): Buffer {
  const size = elements.reduce((sum, element) => sum + 4 + element.length, ARRAY_HEADER);
  const bytes = Buffer.allocUnsafe(size);
  let at = writeHeader(bytes, elementType, elements.length);
  for (const element of elements) {
    at = bytes.writeInt32BE(element.length, at);
    at += element.copy(bytes, at);
  }
  return bytes;
}

function writeHeader(bytes: Buffer, elementType: number, length: number): number {
  bytes.writeInt32BE(1, 0); // dimensions
  bytes.writeInt32BE(0, 4); // has no nulls
  bytes.writeInt32BE(elementType, 8);
  bytes.writeInt32BE(length, 12);
  return bytes.writeInt32BE(1, 16); // lower bound
}

/** `int[]` of any iterables, one after the other. */
export function intArray(...lists: readonly ArrayLike<number>[]): Buffer {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const bytes = Buffer.allocUnsafe(ARRAY_HEADER + 8 * length);
  let at = writeHeader(bytes, INT4, length);
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      at = bytes.writeInt32BE(4, at);
      at = bytes.writeInt32BE(list[i]!, at);
    }
  }
  return bytes;
}

/** `uuid[]` */
export function uuidArray(ids: readonly string[]): Buffer {
  return binaryArray(
    UUID,
    ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex')),
  );
}

/** `vector[]`; `type` is the id that the extension's type has in this database. */
export function vectorArray(type: number, vectors: readonly Float32Array[]): Buffer {
  return binaryArray(type, vectors.map(vectorBytes));
}

/** `vector` */
export function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  let at = bytes.writeInt16BE(0, 2); // reserved
  for (const value of vector) at = bytes.writeFloatBE(value, at);
  return bytes;
}

export interface SparseRow {
  /** Ascending. */
  readonly terms: readonly number[];
  readonly weights: readonly number[];
}

/** `sparsevec[]`; `type` is the id that the extension's type has in this database. */
export function sparsevecArray(type: number, rows: readonly SparseRow[]): Buffer {
  return binaryArray(
    type,
    rows.map((row) => sparsevecBytes(heaviest(row))),
  );
}

function sparsevecBytes({ terms, weights }: SparseRow): Buffer {
  const bytes = Buffer.allocUnsafe(12 + 8 * terms.length);
  bytes.writeInt32BE(TERM_ID_RANGE, 0);
  bytes.writeInt32BE(terms.length, 4);
  let at = bytes.writeInt32BE(0, 8); // reserved
  for (const term of terms) at = bytes.writeInt32BE(term - 1, at); // indices from 0
  for (const weight of weights) at = bytes.writeFloatBE(weight, at);
  return bytes;
}

/** pgvector refuses more than 16,000 terms; a longer text keeps its heaviest. */
function heaviest(row: SparseRow): SparseRow {
  if (row.terms.length <= SPARSEVEC_MAX_TERMS) return row;
  const kept = row.terms
    .map((_, at) => at)
    .sort((a, b) => row.weights[b]! - row.weights[a]! || a - b)
    .slice(0, SPARSEVEC_MAX_TERMS)
    .sort((a, b) => a - b);
  return { terms: kept.map((at) => row.terms[at]!), weights: kept.map((at) => row.weights[at]!) };
}
