import type { z } from 'zod';
import type { ValidationIssue } from '../errors/app-error.js';

const MAX_ISSUES = 50;

type ZodIssue = z.core.$ZodIssue;

/** FastAPI's names for what zod finds; clients of the compatible APIs switch on them. */
const TOO_BIG = { string: 'string_too_long', array: 'too_long', number: 'less_than_equal' };
const TOO_SMALL = { string: 'string_too_short', array: 'too_short', number: 'greater_than_equal' };
const FORMATS: Record<string, string> = {
  regex: 'string_pattern_mismatch',
  uuid: 'uuid_parsing',
  datetime: 'datetime_parsing',
  url: 'url_parsing',
};

/**
 * Zod's issues as FastAPI's `detail` list (https://fastapi.tiangolo.com/tutorial/handling-errors):
 * `{loc: ['body', 'items', 0, 'text'], msg, type}`.
 * @param where what `loc` starts with, e.g. `['query']` or `['path', 'collection']`
 * @param input the rejected value, which tells a missing field from a wrong one
 */
export function fastApiIssues(
  issues: readonly ZodIssue[],
  where: readonly (string | number)[],
  input: unknown,
): ValidationIssue[] {
  return issues
    .slice(0, MAX_ISSUES)
    .flatMap((issue) =>
      unfold(issue).map(({ path, type, msg }) => ({ loc: [...where, ...path], msg, type })),
    );

  function unfold(issue: ZodIssue): { path: (string | number)[]; type: string; msg: string }[] {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code === 'unrecognized_keys') {
      const msg = 'Extra inputs are not permitted';
      return issue.keys.map((key) => ({ path: [...path, key], type: 'extra_forbidden', msg }));
    }
    if (issue.code === 'invalid_type' && valueAt(input, path) === undefined) {
      return [{ path, type: 'missing', msg: 'Field required' }];
    }
    return [{ path, type: typeOf(issue), msg: issue.message }];
  }
}

function typeOf(issue: ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${issue.expected}_type`;
    case 'too_big':
      return TOO_BIG[issue.origin as keyof typeof TOO_BIG] ?? 'too_long';
    case 'too_small':
      return TOO_SMALL[issue.origin as keyof typeof TOO_SMALL] ?? 'too_short';
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'value_error';
    case 'invalid_value':
      return 'enum';
    case 'custom':
      return typeof issue.params?.['type'] === 'string' ? issue.params['type'] : 'value_error';
    default:
      return 'value_error';
  }
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    input,
  );
}
