import type { SourceDocument } from '../../../connectors/sdk/contract.js';

/**
 * What PostgreSQL can store: it refuses NUL and lone surrogates, in text as in jsonb, with the
 * whole batch (https://www.postgresql.org/docs/current/datatype-json.html). Sources send both.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '');
}

/** The labels of a document in a form that can be stored; its ids and its body stay as they are. */
export function storableDocument(document: SourceDocument): SourceDocument {
  const { title, url, author, container, parents, times, access, metadata } = document;
  return {
    ...document,
    title: storableText(title),
    url: url && storableText(url),
    author: author && storableText(author),
    container: container && storableText(container),
    parents: parents.map(storableText),
    times: { createdAt: storableTime(times.createdAt), updatedAt: storableTime(times.updatedAt) },
    access: { ...access, principals: access.principals.map(storableText) },
    metadata: storableFields(metadata),
  };
}

/** A source may say `0000-00-00`; that is no time. */
function storableTime(time: Date | null): Date | null {
  return time && !Number.isNaN(time.getTime()) ? time : null;
}

function storableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [storableText(name), storableValue(value)]),
  );
}

function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableValue);
  // A Date and the like say themselves how they are written as JSON.
  const isPlain = typeof value === 'object' && value !== null && !('toJSON' in value);
  return isPlain ? storableFields(value as Record<string, unknown>) : value;
}
