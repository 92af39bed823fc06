import type { ValidationIssue } from '../errors/app-error.js';

/** Deeper values overflow the stack of serialisers, ours and PostgreSQL's. */
const MAX_DEPTH = 64;

/**
 * What no PostgreSQL column can hold, though JSON can express it: NUL, half a surrogate pair,
 * nesting without end; and what would be stored as something else: a number such as 1e400, which
 * reads as infinity, and a key `__proto__`, which copies of an object lose. Found before any schema
 * sees the value, so that free-form metadata is covered as well.
 */
export function unstorable(value: unknown, loc: (string | number)[]): ValidationIssue[] {
  if (typeof value === 'string') return isStorable(value) ? [] : [badText(loc)];
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return [{ loc, msg: 'Numbers must be finite', type: 'finite_number' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (loc.length > MAX_DEPTH) {
    return [{ loc: loc.slice(0, 4), msg: 'Nested too deeply', type: 'recursion_loop' }];
  }
  if (Array.isArray(value)) return value.flatMap((item, at) => unstorable(item, [...loc, at]));
  return Object.entries(value).flatMap(([key, item]) => {
    if (!isStorable(key)) return [badText(loc)];
    if (key === '__proto__')
      return [{ loc, msg: 'A key may not be __proto__', type: 'value_error' }];
    return unstorable(item, [...loc, key]);
  });
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function badText(loc: (string | number)[]): ValidationIssue {
  return { loc, msg: 'Text may not hold NUL or unpaired surrogates', type: 'string_unicode' };
}
