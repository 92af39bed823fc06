import type { WithVector } from '../schemas/points.schema.js';
import type { VectorParams } from '../schemas/collection.schema.js';
import { isSparse, type AnyVector, type SparseVector } from '../schemas/vector.schema.js';
import { wrongInput } from './qdrant-error.js';

export type StoredVector = Float32Array | SparseVector;
/** Of one point, by name; the nameless vector's name is the empty string. */
export type StoredVectors = ReadonlyMap<string, StoredVector>;

/** Which vectors a collection has. */
export interface VectorSpaces {
  readonly dense: ReadonlyMap<string, VectorParams>;
  readonly sparse: ReadonlySet<string>;
}

const NORMALISED = 1e-6;
const EPSILON = 1.1920929e-7;

/** As it is stored or asked for. @throws QdrantError unknown name, wrong size or kind */
export function fitted(spaces: VectorSpaces, name: string, vector: AnyVector): StoredVector {
  const params = spaces.dense.get(name);
  if (params === undefined && !spaces.sparse.has(name)) {
    throw wrongInput(`Not existing vector name error: ${name}`);
  }
  if ((params === undefined) !== isSparse(vector)) {
    throw wrongInput('Conversion between sparse and regular vectors failed');
  }
  if (isSparse(vector)) return sorted(vector);
  const { size, distance } = params!;
  if (vector.length !== size) {
    throw wrongInput(
      `Vector dimension error: expected dim: ${size}, got ${vector.length} for vector '${name}'`,
    );
  }
  const stored = Float32Array.from(vector);
  return distance === 'Cosine' ? normalised(stored) : stored;
}

/** Length 1 in 32-bit arithmetic, as the server makes it; a zero vector stays as it is. */
function normalised(vector: Float32Array): Float32Array {
  const square = dot(vector, vector);
  if (square < EPSILON || Math.abs(square - 1) <= NORMALISED) return vector;
  const length = Math.fround(Math.sqrt(square));
  return vector.map((x) => x / length);
}

function sorted({ indices, values }: SparseVector): SparseVector {
  const order = indices.map((_, i) => i).sort((a, b) => indices[a]! - indices[b]!);
  return {
    indices: order.map((i) => indices[i]!),
    values: order.map((i) => Math.fround(values[i]!)),
  };
}

/** Dot product (of normalised vectors for Cosine); null = nothing in common, so no result. */
export function score(query: StoredVector, stored: StoredVector): number | null {
  if (query instanceof Float32Array) {
    return stored instanceof Float32Array ? dot(query, stored) : null;
  }
  return stored instanceof Float32Array ? null : sparseDot(query, stored);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.fround(sum);
}

function sparseDot(a: SparseVector, b: SparseVector): number | null {
  let [sum, i, j, overlaps] = [0, 0, 0, false];
  while (i < a.indices.length && j < b.indices.length) {
    const difference = a.indices[i]! - b.indices[j]!;
    if (difference === 0) {
      sum += a.values[i]! * b.values[j]!;
      overlaps = true;
    }
    if (difference <= 0) i += 1;
    if (difference >= 0) j += 1;
  }
  return overlaps ? Math.fround(sum) : null;
}

/** What the answer shows; undefined = no vectors in it. */
export function selectVectors(vectors: StoredVectors, wanted: WithVector): unknown {
  if (wanted == null || wanted === false) return undefined;
  const shown = [...vectors]
    .filter(([name]) => wanted === true || wanted.includes(name))
    .map(([name, vector]): [string, unknown] => [name, written(vector)]);
  return shown.length === 1 && shown[0]![0] === '' ? shown[0]![1] : Object.fromEntries(shown);
}

function written(vector: StoredVector): unknown {
  if (vector instanceof Float32Array) return Array.from(vector, shortest);
  return { indices: vector.indices, values: vector.values.map(shortest) };
}

/** The shortest decimal that is this 32-bit number, as the server writes it: 0.1, not 0.1000000015. */
export function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
