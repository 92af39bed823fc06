import { fastApiIssues } from '../common/http/fastapi-issues.js';
import { unstorable } from '../common/http/unstorable.js';
import { validationFailed } from '../common/http/validation-failed.js';
import type { ValidationIssue } from '../common/errors/app-error.js';
import type { JsonPart } from './json-splitter.js';
import { ImportedCollection, ImportMemories } from './portability.schema.js';

const MAX_ISSUES = 50;

/** What a body says beside its lists. */
export interface ImportHead {
  /** Overrides the collection of each memory. */
  readonly into: string | undefined;
}

/**
 * Reads a body of `ImportMemories` as a whole before anything of it is stored. Whether a memory is
 * usable is not asked here: those that are not get skipped.
 * @throws AppError `bad_json`, `validation_failed`
 */
export async function checkImport(groups: AsyncIterable<JsonPart[]>): Promise<ImportHead> {
  const head: Record<string, unknown> = {};
  const issues: ValidationIssue[] = [];
  for await (const parts of groups) {
    for (const part of parts) {
      // What comes after the first ones is still read, since it may not even be JSON.
      if (issues.length < MAX_ISSUES) issues.push(...issuesOf(part, head));
      if (part.kind !== 'element' && Object.hasOwn(ImportMemories.shape, part.key)) {
        head[part.key] = part.kind === 'array' ? [] : part.value;
      }
    }
  }
  const result = ImportMemories.safeParse(head);
  if (!result.success) issues.push(...fastApiIssues(result.error.issues, ['body'], head));
  if (issues.length > 0) throw validationFailed(...issues.slice(0, MAX_ISSUES));
  return { into: result.data?.into_collection ?? undefined };
}

function issuesOf(part: JsonPart, head: Record<string, unknown>): ValidationIssue[] {
  if (part.kind === 'element') {
    const loc = ['body', part.key, part.index];
    const broken = unstorable(part.value, loc);
    if (broken.length > 0 || part.key !== 'collections') return broken;
    const result = ImportedCollection.safeParse(part.value);
    return result.success ? [] : fastApiIssues(result.error.issues, loc, part.value);
  }
  if (Object.hasOwn(head, part.key)) {
    return [{ loc: ['body', part.key], msg: 'Given more than once', type: 'value_error' }];
  }
  return unstorable({ [part.key]: part.kind === 'array' ? [] : part.value }, ['body']);
}
