import type { OpenAPIObject } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']> & { 'x-error-codes'?: ErrorCode[] };

const READS = ['get'] as const;
const WRITES = ['post', 'put', 'patch', 'delete'] as const;

const ALWAYS: ErrorCode[] = [
  'bad_request',
  'database_busy',
  'database_unavailable',
  'disk_full',
  'internal_error',
  'shutting_down',
];
const WITH_KEY: ErrorCode[] = ['unauthorized', 'forbidden'];
const WITH_TENANT_KEY: ErrorCode[] = ['key_expired', 'key_revoked', 'rate_limited'];
const WITH_COLLECTION: ErrorCode[] = ['collection_forbidden'];
const WITH_OPERATOR_KEY: ErrorCode[] = ['operator_only'];
const WITH_INPUT: ErrorCode[] = ['validation_failed'];
const WITH_BODY: ErrorCode[] = ['bad_json', 'body_too_large', 'unsupported_encoding'];
const WITH_IDEMPOTENCY: ErrorCode[] = [
  'idempotency_in_progress',
  'idempotency_mismatch',
  'idempotency_not_replayable',
];

/** Codes that routes answer by their kind, so that none states them itself. */
export const COMMON_ERRORS: ReadonlySet<ErrorCode> = new Set([
  ...[...ALWAYS, ...WITH_KEY, ...WITH_TENANT_KEY, ...WITH_COLLECTION, ...WITH_OPERATOR_KEY],
  ...[...WITH_INPUT, ...WITH_BODY, ...WITH_IDEMPOTENCY],
]);

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'The same key and request within 24 h answers as the first time, without a repeat.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
};

/** Adds to the operations of a path what every route of their kind has in common. */
export function completeOperation(path: PathItem): void {
  for (const method of READS) if (path[method]) addErrors(path[method], []);
  for (const method of WRITES) {
    const operation = path[method];
    if (!operation) continue;
    const replayable = needs(operation, 'apiKey');
    if (replayable) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
    addErrors(operation, [...WITH_BODY, ...(replayable ? WITH_IDEMPOTENCY : [])]);
  }
}

function addErrors(operation: Operation, ofMethod: ErrorCode[]): void {
  const codes = new Set<ErrorCode>([
    ...ofMethod,
    ...(operation['x-error-codes'] ?? []),
    ...ALWAYS,
    ...(operation.security?.length ? WITH_KEY : []),
    ...(needs(operation, 'apiKey') ? [...WITH_TENANT_KEY, ...WITH_COLLECTION] : []),
    ...(needs(operation, 'operatorKey') ? WITH_OPERATOR_KEY : []),
    ...(operation.parameters?.length || operation.requestBody ? WITH_INPUT : []),
  ]);
  operation['x-error-codes'] = [...codes].sort();
  for (const status of new Set([...codes].map((code) => ERROR_CODES[code].status))) {
    const lines = [...codes].filter((code) => ERROR_CODES[code].status === status).sort();
    operation.responses[`${status}`] = {
      description: lines.map((code) => `\`${code}\`: ${ERROR_CODES[code].meaning}`).join('\n\n'),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
}

function needs(operation: Operation, scheme: string): boolean {
  return operation.security?.some((requirement) => scheme in requirement) ?? false;
}
