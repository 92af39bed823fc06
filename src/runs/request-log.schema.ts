import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';

export const ListRunRequests = z.object(pageFields({ limit: 100, max: 500 }));
export type ListRunRequestsQuery = z.infer<typeof ListRunRequests>;

export const RunRequestAnswer = z
  .object({
    number: z
      .int()
      .describe('Counted from 1 over the whole run; older ones than the newest 1,000 are dropped'),
    at: Timestamp,
    method: z.string().describe('As the source names it'),
    target: z.string().nullable().describe('What was asked for: ids, never content'),
    outcome: z.enum(['ok', 'rate_limited', 'transient', 'fatal', 'aborted']),
    status: z.int().nullable().describe('Of a failed HTTP answer'),
    error: z.string().nullable(),
    attempt: z.int().describe('Counted from 1 for each call'),
    duration_ms: z.int(),
    wait_ms: z.int().describe('Spent before the attempt: pacing and pauses between attempts'),
    retry_after_seconds: z.number().nullable().describe('How long the source asked to wait'),
  })
  .meta({ id: 'RunRequest' });
export type RunRequestAnswer = z.infer<typeof RunRequestAnswer>;
