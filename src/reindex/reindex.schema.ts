import { z } from 'zod';

export const ReindexCollection = z
  .object({
    model: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Another model that is configured; without it vectors are made again in place'),
    dry_run: z.boolean().default(false).describe('true: only say how much there is to embed'),
  })
  .meta({ id: 'ReindexCollection' });
export type ReindexCollectionBody = z.infer<typeof ReindexCollection>;

export const ReindexStarted = z
  .object({
    job_id: z.uuid().describe('For `GET /v1/memory/jobs/{id}` and its `/cancel`'),
    status: z.literal('running'),
    coalesced: z.boolean().describe('The same reindex was under way already'),
  })
  .meta({ id: 'ReindexStarted' });
export type ReindexStarted = z.infer<typeof ReindexStarted>;

export const ReindexPlan = z
  .object({
    dry_run: z.literal(true),
    from_model: z.string(),
    to_model: z.string(),
    memories: z.int().describe('To be embedded, hidden ones too'),
    characters: z.int().describe('Of their texts; about four are a token'),
  })
  .meta({ id: 'ReindexPlan' });
export type ReindexPlan = z.infer<typeof ReindexPlan>;

export const ReindexAnswer = z.union([ReindexStarted, ReindexPlan]).meta({ id: 'ReindexAnswer' });
export type ReindexAnswer = z.infer<typeof ReindexAnswer>;

/** What a job's `progress` says while a reindex goes on. */
export const ReindexProgress = z.object({
  phase: z.enum(['embedding', 'catching_up', 'indexing', 'removing']),
  done: z.int(),
  total: z.int(),
  /** Memories per second. */
  rate: z.number(),
  eta_seconds: z.number().nullable(),
  /** Code and message of what it waits for; a Qdrant that does not answer in time shows as null. */
  waiting: z.string().nullable(),
  /** Where a pass in place goes on after a crash. */
  after: z.object({ hash: z.string(), id: z.uuid() }).nullable(),
  /** Of looking whether a change of model can swap; none: not that far yet. */
  round: z.int().default(0),
});
export type ReindexProgress = z.infer<typeof ReindexProgress>;
