import { endianness } from 'node:os';
import { SPARSEVEC_MAX_TERMS } from './terms/sparsevec.js';
import { TERM_ID_RANGE } from './terms/sparse-encoder.js';

/**
 * Parameters in PostgreSQL's binary format (`array_recv`, `vector_recv`, `sparsevec_recv`). For
 * vectors that is six times faster to write than text literals in embedded mode, where parsing
 * decimal numbers is most of an insert (docs/adr/0006-narrow-index-tables.md).
 */

/** PostgreSQL's own types have fixed ids (src/include/catalog/pg_type.dat). */
const BYTEA = 17;
const INT4 = 23;
const UUID = 2950;

/** Of a one-dimensional array, in 32-bit words: dimensions, nulls, element type, length, bound. */
const HEADER_WORDS = 5;

/**
 * Bytes of values that are all 32 bits wide: written in the machine's order and turned around at
 * the end, which is several times faster than writing each one big-endian.
 */
class Words {
  private readonly integers: Int32Array<ArrayBuffer>;
  private readonly floats: Float32Array<ArrayBuffer>;
  private at = 0;

  constructor(length: number) {
    this.integers = new Int32Array(length);
    this.floats = new Float32Array(this.integers.buffer);
  }

  integer(value: number): void {
    this.integers[this.at++] = value;
  }

  header(elementType: number, length: number): void {
    for (const word of [1, 0, elementType, length, 1]) this.integer(word);
  }

  float(value: number): void {
    this.floats[this.at++] = value;
  }

  vector(values: Float32Array): void {
    this.floats.set(values, this.at);
    this.at += values.length;
  }

  toBytes(): Buffer {
    const bytes = Buffer.from(this.integers.buffer);
    return endianness() === 'LE' ? bytes.swap32() : bytes;
  }
}

/** `int[]` of any iterables, one after the other. */
export function intArray(...lists: readonly ArrayLike<number>[]): Buffer {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const words = new Words(HEADER_WORDS + 2 * length);
  words.header(INT4, length);
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      words.integer(4);
      words.integer(list[i]!);
    }
  }
  return words.toBytes();
}

/** `uuid[]` */
export function uuidArray(ids: readonly string[]): Buffer {
  const header = new Words(HEADER_WORDS);
  header.header(UUID, ids.length);
  const bytes = Buffer.allocUnsafe(4 * HEADER_WORDS + 20 * ids.length);
  let at = header.toBytes().copy(bytes);
  for (const id of ids) {
    at = bytes.writeInt32BE(16, at);
    at += bytes.write(id.replaceAll('-', ''), at, 'hex');
  }
  return bytes;
}

/** `bytea[]` */
export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const header = new Words(HEADER_WORDS);
  header.header(BYTEA, values.length);
  const size = values.reduce((sum, value) => sum + 4 + value.length, 4 * HEADER_WORDS);
  const bytes = Buffer.allocUnsafe(size);
  let at = header.toBytes().copy(bytes);
  for (const value of values) {
    at = bytes.writeInt32BE(value.length, at);
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

/** `vector[]`; `type` is the id that the extension's type has in this database. */
export function vectorArray(type: number, vectors: readonly Float32Array[]): Buffer {
  const size = vectors.reduce((sum, vector) => sum + 2 + vector.length, HEADER_WORDS);
  const words = new Words(size);
  words.header(type, vectors.length);
  for (const vector of vectors) {
    words.integer(4 + 4 * vector.length);
    addVector(words, vector);
  }
  return words.toBytes();
}

/** `vector` */
export function vectorBytes(vector: Float32Array): Buffer {
  const words = new Words(1 + vector.length);
  addVector(words, vector);
  return words.toBytes();
}

/** Two 16-bit numbers, the dimensions and a reserved one, and the values. */
function addVector(words: Words, vector: Float32Array): void {
  words.integer(vector.length << 16);
  words.vector(vector);
}

export interface SparseRow {
  /** Ascending. */
  readonly terms: readonly number[];
  readonly weights: readonly number[];
}

/** `sparsevec[]`; `type` is the id that the extension's type has in this database. */
export function sparsevecArray(type: number, rows: readonly SparseRow[]): Buffer {
  const kept = rows.map(heaviest);
  const size = kept.reduce((sum, { terms }) => sum + 4 + 2 * terms.length, HEADER_WORDS);
  const words = new Words(size);
  words.header(type, kept.length);
  for (const { terms, weights } of kept) {
    words.integer(12 + 8 * terms.length);
    words.integer(TERM_ID_RANGE);
    words.integer(terms.length);
    words.integer(0); // reserved
    for (const term of terms) words.integer(term - 1); // indices from 0
    for (const weight of weights) words.float(weight);
  }
  return words.toBytes();
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
