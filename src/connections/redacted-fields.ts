import { redactedError, type Redact } from './redacted-error.js';

const DEPTH = 8;

/** The fields of a log line, or anything else of plain values, without the known secrets. */
export function redactedFields(value: unknown, redact: Redact, depth = DEPTH): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return redactedError(value, redact);
  if (depth === 0) return '[deep]';
  if (Array.isArray(value)) return value.map((one) => redactedFields(one, redact, depth - 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redactedFields((value.toJSON as () => unknown)(), redact, depth - 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, redactedFields(one, redact, depth - 1)]),
  );
}
