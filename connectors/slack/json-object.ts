/** Blocks and attachments come from other apps: every field may be missing or of another type. */
export type JsonObject = { readonly [key: string]: unknown };

export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

export function asList(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

/** '' when it is no text. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
