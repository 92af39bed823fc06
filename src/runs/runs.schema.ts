import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { queryInteger } from '../common/http/query-schemas.js';

const State = z.enum(['queued', 'running', 'waiting', 'success', 'partial', 'error', 'cancelled']);

export const ListRuns = z.object({ limit: queryInteger(1, 100, 20) });
export type ListRunsQuery = z.infer<typeof ListRuns>;

const Counts = z
  .object({
    listed: z.int(),
    fetched: z.int(),
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    moved: z.int(),
    restored: z.int(),
    deleted: z.int(),
    lost_access: z.int(),
    failed: z.int(),
    skipped: z.record(z.string(), z.int()).describe('By reason'),
    chunks: z.int(),
    embedded: z.int(),
    embeddings_saved: z.int(),
    api_calls: z.int(),
    rate_limited: z.int(),
    bytes: z.int(),
  })
  .meta({ id: 'RunCounts' });

export const HeldDeletionsAnswer = z
  .object({ count: z.int(), partitions: z.array(z.string()), since: Timestamp })
  .meta({ id: 'HeldDeletions' });

export const RunAnswer = z
  .object({
    id: z.uuid(),
    connection_id: z.uuid(),
    provider: z.string(),
    trigger: z.enum(['manual', 'webhook', 'schedule']),
    status: State,
    attempt: z.int(),
    synced_count: z.int().describe('Documents created or updated'),
    counts: Counts,
    timings: z
      .object({ list: z.int(), fetch: z.int(), write: z.int(), verify: z.int() })
      .describe('Milliseconds per stage; stages overlap'),
    progress: z.object({
      done: z.int(),
      expected: z.int().nullable(),
      rate: z.number().describe('Documents per second'),
      eta_seconds: z.int().nullable(),
      partition: z.string().nullable(),
    }),
    waiting: z.object({ reason: z.string(), until: z.string() }).nullable(),
    held_deletions: HeldDeletionsAnswer.nullable(),
    error: z.string().nullable(),
    error_detail: z
      .object({ code: z.string(), message: z.string(), retryable: z.boolean() })
      .nullable(),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
  })
  .meta({ id: 'Run' });
export type RunAnswer = z.infer<typeof RunAnswer>;

export const RunDetailAnswer = RunAnswer.extend({
  partitions: z.array(
    z.object({
      key: z.string(),
      lane: z.string(),
      title: z.string(),
      state: z.enum(['complete', 'incomplete', 'running', 'waiting']),
      gap_reason: z.string().nullable().describe('Why the listing is not proven complete'),
      documents: z.int(),
      pages: z.int(),
      failures: z.int(),
    }),
  ),
  attempts: z.array(
    z.object({
      attempt: z.int(),
      worker: z.string(),
      started_at: Timestamp,
      ended_at: Timestamp.nullable(),
      outcome: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
}).meta({ id: 'RunDetail' });
export type RunDetailAnswer = z.infer<typeof RunDetailAnswer>;

export const CancelAnswer = z.object({ id: z.uuid(), status: State }).meta({ id: 'CancelledRun' });
export type CancelAnswer = z.infer<typeof CancelAnswer>;
