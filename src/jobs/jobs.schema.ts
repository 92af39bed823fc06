import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';

export const JobAnswer = z
  .object({
    job_id: z.uuid(),
    kind: z.string(),
    status: z.enum(['queued', 'running', 'success', 'error', 'cancelled']),
    progress: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What a long job has done so far'),
    result: z.record(z.string(), z.unknown()).nullable().describe('Once the job has succeeded'),
    error: z.string().nullable().describe('Code and message, once the job has failed'),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Job' });
export type JobAnswer = z.output<typeof JobAnswer>;

/** What a route answers with 202 when its job takes longer than the route waits. */
export const JobUnderway = z
  .object({ job_id: z.uuid(), status: z.literal('running') })
  .meta({ id: 'JobUnderway' });
export type JobUnderway = z.output<typeof JobUnderway>;
