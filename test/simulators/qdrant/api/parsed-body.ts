import type { z } from 'zod';
import { QdrantError } from '../engine/qdrant-error.js';
import type { ViolationKind } from '../request-record.js';

/** A refusal that is the client's mistake and is recorded as one. */
export class RefusedRequest extends QdrantError {
  constructor(
    readonly kind: ViolationKind,
    status: number,
    message: string,
  ) {
    super(status, message);
  }
}

/** 400 for what the server cannot read, 422 for what it reads and finds out of range. */
export function parsedBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { issue, path } = deepest(result.error.issues[0]!, []);
  const text = `${path.join('.') || 'body'}: ${issue.message}`;
  if (issue.code === 'unrecognized_keys') {
    throw new RefusedRequest('unknown_field', 400, `Format error in JSON body: ${text}`);
  }
  if (isRange(issue)) {
    throw new RefusedRequest('out_of_range', 422, `Validation error in JSON body: [${text}]`);
  }
  throw new RefusedRequest('wrong_type', 400, `Format error in JSON body: ${text}`);
}

type Issue = z.core.$ZodIssue;
interface Found {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
  readonly siblings: number;
}

/** Of a union the branch that came furthest, and of equals the one with the fewest complaints. */
function deepest(issue: Issue, above: readonly PropertyKey[], siblings = 1): Found {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path, siblings };
  const branches = issue.errors
    .filter((branch) => branch.length > 0)
    .map((branch) => deepest(branch[0]!, path, branch.length));
  return branches.reduce((best, found) => (isBetter(found, best) ? found : best));
}

function isBetter(a: Found, b: Found): boolean {
  if (a.path.length !== b.path.length) return a.path.length > b.path.length;
  return a.siblings < b.siblings;
}

function isRange(issue: Issue): boolean {
  if (issue.code === 'too_small' || issue.code === 'too_big') return true;
  return issue.code === 'custom' && issue.params?.['wrongType'] !== true;
}
