import { z } from 'zod';

/** `?dry_run=true`: true, 1, yes, on and their opposites; anything else is a 422. */
export function queryBoolean(fallback: boolean) {
  return z.stringbool().default(fallback).meta({ type: 'boolean' });
}

/** `?limit=20`: a whole number within bounds; an empty value is a 422, not 0. */
export function queryInteger(min: number, max: number, fallback: number) {
  const range = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d+$/, range)
    .transform(nearestSafe)
    .pipe(z.int().min(min, range).max(max, range))
    .default(fallback)
    .meta({ type: 'integer', minimum: min, maximum: max });
}

/** Beyond what a number can hold, any number that is out of bounds as well will do. */
function nearestSafe(digits: string): number {
  const { MIN_SAFE_INTEGER: least, MAX_SAFE_INTEGER: most } = Number;
  return Math.min(Math.max(Number(digits), least), most);
}
