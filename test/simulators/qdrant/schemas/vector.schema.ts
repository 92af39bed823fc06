import { z } from 'zod';
import { published } from './published.js';

export type PointId = number | string;
export type DenseVector = number[];
export interface SparseVector {
  indices: number[];
  values: number[];
}
export type AnyVector = DenseVector | SparseVector;

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const MOST_INDEX = 0xffff_ffff;

/** An unsigned integer or a UUID, in lower case with hyphens as the server writes it. */
export const pointId: z.ZodType<PointId> = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(UUID, 'is not a valid point ID, valid values are an unsigned integer or a UUID')
    .transform(canonicalUuid),
]);

/** One pass over the numbers: bodies hold hundreds of thousands of them. */
export const denseVector = z.custom<DenseVector>(
  (value) => Array.isArray(value) && value.length > 0 && value.every((x) => Number.isFinite(x)),
  { message: 'a dense vector is a non-empty array of numbers', params: { wrongType: true } },
);

export const sparseVector = published<'SparseVector'>()({
  indices: z.array(z.int().nonnegative().max(MOST_INDEX)),
  values: z.array(z.number()),
})
  .refine(({ indices }) => new Set(indices).size === indices.length, {
    path: ['indices'],
    message: 'must be unique',
  })
  .refine(({ indices, values }) => indices.length === values.length, {
    path: ['values'],
    message: 'must be the same length as indices',
  });

export const anyVector: z.ZodType<AnyVector> = z.union([denseVector, sparseVector]);

export function isSparse(vector: AnyVector): vector is SparseVector {
  return !Array.isArray(vector);
}

export function isPointId(text: string): boolean {
  return /^\d+$/.test(text) || UUID.test(text);
}

/** As in a path, where an integer is text. */
export function parsePointId(text: string): PointId {
  return /^\d+$/.test(text) ? Number(text) : canonicalUuid(text);
}

function canonicalUuid(text: string): string {
  const hex = text.replaceAll('-', '').toLowerCase();
  return [0, 8, 12, 16, 20].map((at, i, cuts) => hex.slice(at, cuts[i + 1])).join('-');
}
