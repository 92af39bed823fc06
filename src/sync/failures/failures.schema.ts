import { z } from 'zod';
import { Timestamp } from '../../common/http/id.schema.js';
import { queryBoolean, queryInteger } from '../../common/http/query-schemas.js';

export const ListFailures = z.object({
  limit: queryInteger(1, 500, 100),
  offset: queryInteger(0, 10_000, 0),
  resolved: queryBoolean(false).describe('Also show failures that are resolved'),
});
export type ListFailuresQuery = z.infer<typeof ListFailures>;

export const FailureAnswer = z
  .object({
    id: z.uuid(),
    external_id: z.string(),
    title: z.string().nullable(),
    url: z.string().nullable(),
    partition: z.string().nullable(),
    stage: z.string().describe('list, fetch, extract or embed'),
    code: z.string(),
    message: z.string(),
    attempts: z.int(),
    next_at: Timestamp.nullable().describe(
      'Not tried again before; a changed document is. Null: not again by itself',
    ),
    resolved_at: Timestamp.nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Failure' });
export type FailureAnswer = z.infer<typeof FailureAnswer>;

export const RetryAnswer = z
  .object({ run_id: z.uuid(), coalesced: z.boolean() })
  .meta({ id: 'FailureRetry' });
export type RetryAnswer = z.infer<typeof RetryAnswer>;
