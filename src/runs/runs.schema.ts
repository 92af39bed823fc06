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
  .object({
    count: z.int(),
    partitions: z.array(z.string()),
    since: Timestamp.describe('When the first of them was held; later runs judge them again'),
  })
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
      .object({
        list: z.int().describe('Asking the source what there is'),
        fetch: z.int().describe('Reading documents and turning them into text'),
        embed: z.int().describe('Chunking, comparing with what is stored, and embedding'),
        write: z.int().describe('Transactions that store documents and checkpoints'),
        verify: z.int().describe('Asking the source whether documents are gone'),
      })
      .describe('Milliseconds per stage, over all attempts; stages overlap'),
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
  full: z.boolean().describe('Every document is read again, whatever its version'),
  only_partition: z.string().nullable(),
  cancel_requested: z.boolean(),
  partitions: z.array(
    z.object({
      key: z.string(),
      lane: z.string(),
      title: z.string(),
      state: z.enum(['complete', 'incomplete', 'running', 'waiting']),
      complete: z.boolean().describe('The listing is proven whole, so what it lacks may go'),
      gap_reason: z.string().nullable().describe('Why the listing is not proven complete'),
      documents: z.int(),
      expected: z
        .int()
        .nullable()
        .describe('Documents that the source announced; null: it did not'),
      pages: z.int(),
      failures: z.int(),
    }),
  ),
  skipped_partitions: z
    .array(z.object({ key: z.string(), title: z.string(), reason: z.string() }))
    .describe('What the source has and the run left out, e.g. channels without the bot'),
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

/** Data of the server-sent event `state`: sent at first and whenever it differs. */
export const RunStateEvent = z.object({
  run_id: z.uuid(),
  status: State,
  attempt: z.int(),
  waiting: RunAnswer.shape.waiting,
  held_deletions: HeldDeletionsAnswer.nullable(),
  error: z.string().nullable(),
  error_detail: RunAnswer.shape.error_detail,
});
export type RunStateEvent = z.infer<typeof RunStateEvent>;

/** Data of the server-sent event `progress`: at most one a second. */
export const RunProgressEvent = z.object({
  run_id: z.uuid(),
  done: z.int(),
  expected: z.int().nullable(),
  rate: z.number().nullable().describe('Documents per second over the last seconds'),
  percent: z.int().nullable().describe('null: nobody knows how much there is'),
  eta_seconds: z.int().nullable(),
  basis: z.enum(['documents', 'calls']).nullable().describe('What percent and ETA are reckoned by'),
  partition: z.string().nullable(),
  synced_count: z.int(),
  counts: Counts,
});
export type RunProgressEvent = z.infer<typeof RunProgressEvent>;

/** What `GET runs/{id}/events` sends, as one of its events looks to a client. */
export const RunEvent = z
  .union([
    z.object({ event: z.literal('state'), id: z.string(), data: RunStateEvent }),
    z.object({ event: z.literal('progress'), id: z.string(), data: RunProgressEvent }),
    z.object({ event: z.literal('end'), id: z.string(), data: RunAnswer }),
  ])
  .meta({ id: 'RunEvent' });
export type RunEvent = z.infer<typeof RunEvent>;

export const CancelAnswer = z.object({ id: z.uuid(), status: State }).meta({ id: 'CancelledRun' });
export type CancelAnswer = z.infer<typeof CancelAnswer>;
