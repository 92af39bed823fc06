import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { RunAnswer } from './runs.schema.js';

const Cause = z.object({
  code: z.string().describe('Stable, snake_case; docs/guides/why-is-my-sync-slow-or-stuck.md'),
  message: z.string(),
  until: Timestamp.nullable().describe(
    'When it ends by itself; null: nobody knows, or it does not',
  ),
  action: z.string().nullable().describe('What you can do; null: nothing has to be done'),
});
export type Cause = z.infer<typeof Cause>;

export const RunExplanation = z
  .object({
    run_id: z.uuid(),
    status: RunAnswer.shape.status,
    summary: z.string().describe('The first cause in words'),
    causes: z.array(Cause).describe('What keeps the run, the most important first'),
    waiting: RunAnswer.shape.waiting,
    last_progress_at: Timestamp.nullable(),
    last_call: z
      .object({
        method: z.string(),
        target: z.string().nullable(),
        outcome: z.string().describe('ok, rate_limited, transient, fatal or aborted'),
        status: z.int().nullable().describe('Of the HTTP answer'),
        error: z.string().nullable(),
        at: Timestamp,
      })
      .nullable()
      .describe('The last call to the source'),
    budgets: z
      .array(
        z.object({
          method: z.string(),
          calls_per_minute: z.number().nullable(),
          available: z.int().nullable().describe('Calls that may be made at once; null: not known'),
          blocked_until: Timestamp.nullable(),
        }),
      )
      .describe('What is left at the source, per method that has a limit'),
    lease: z
      .object({
        owner: z.string(),
        heartbeat_age_seconds: z.number(),
        expired: z.boolean(),
      })
      .nullable()
      .describe('The worker that has the run'),
    queue: z
      .object({
        due_at: Timestamp,
        ahead: z.int().describe('Runs that are taken before this one'),
        running: z.int(),
        running_of_tenant: z.int(),
        running_of_provider: z.int().describe('Of all tenants'),
        caps_reached: z.array(z.enum(['tenant', 'provider'])),
      })
      .nullable(),
    connection: z.object({
      id: z.uuid(),
      name: z.string(),
      status: z.string(),
      status_reason: z.string().nullable(),
    }),
  })
  .meta({ id: 'RunExplanation' });
export type RunExplanation = z.infer<typeof RunExplanation>;
