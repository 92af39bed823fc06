import { z } from 'zod';

/** `?dry_run=true`: true, 1, yes, on and their opposites; anything else is a 422. */
export function queryBoolean(fallback: boolean) {
  return z.stringbool().default(fallback).meta({ type: 'boolean' });
}

/** `?limit=20`: a whole number within bounds; an empty value is a 422, not 0. */
export function queryInteger(min: number, max: number, fallback: number) {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .default(fallback)
    .meta({ type: 'integer', minimum: min, maximum: max });
}
