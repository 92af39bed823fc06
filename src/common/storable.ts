/**
 * What PostgreSQL can store: it refuses NUL and lone surrogates, in text as in jsonb, with the
 * whole batch (https://www.postgresql.org/docs/current/datatype-json.html). Sources send both.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '');
}

/** The same for all texts of a value that becomes JSON, names of fields included. */
export function storableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
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

/** As JSON.stringify writes what PostgreSQL refuses; now and then something harmless. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

/** JSON for a column of jsonb; the value is looked through only where its JSON looks suspect. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return SUSPECT.test(json) ? JSON.stringify(storableValue(value)) : json;
}
