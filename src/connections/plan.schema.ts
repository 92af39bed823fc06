import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';

export const PlanAnswer = z
  .object({
    plan_id: z.uuid(),
    connection_id: z.uuid(),
    made_at: Timestamp,
    calls: z.int().nullable().describe('Until everything is read once; null: nobody can tell'),
    seconds: z.int().nullable().describe('At the allowed rate'),
    finish_at: Timestamp.nullable().describe('If the backfill went on from now without a pause'),
    reason: z.string().nullable().describe('Why there is no time, or what it leaves out'),
    methods: z.array(
      z.object({
        method: z.string(),
        calls: z.int(),
        calls_per_minute: z.number().nullable().describe('null: no limit is known'),
        seconds: z.int().nullable(),
        basis: z.string().describe('How the number of calls came about'),
      }),
    ),
    documents_expected: z.int().nullable().describe('In all; null: the source has not said'),
    done: z.object({
      documents: z.int(),
      partitions: z.int().describe('Listed to their end'),
      api_calls: z.int(),
    }),
    partitions: z.array(
      z.object({
        key: z.string(),
        title: z.string(),
        skip_reason: z.string().nullable(),
        documents: z.int().describe('In the index'),
        expected: z.int().nullable(),
        complete: z.boolean().describe('Read to its end by the last run that was through with it'),
      }),
    ),
  })
  .meta({ id: 'ConnectionPlan' });
export type PlanAnswer = z.infer<typeof PlanAnswer>;
