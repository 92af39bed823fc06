import { z } from 'zod';
import { ConnectionAnswer } from './connections.schema.js';

const Config = z
  .record(z.string(), z.unknown())
  .describe('The whole new configuration; the account stays the same');

export const PlanScope = z.strictObject({ config: Config }).meta({ id: 'PlanScope' });
export type PlanScopeBody = z.infer<typeof PlanScope>;

export const ApplyScope = z
  .strictObject({
    config: Config,
    plan_id: z.uuid().optional().describe('Of a plan for this configuration, at most a day old'),
    expected: z
      .strictObject({ added: z.int().min(0), removed: z.int().min(0) })
      .optional()
      .describe('In place of a plan: the partitions that it may add and remove'),
    confirm: z
      .boolean()
      .default(false)
      .describe(
        'Needed when more than 50 documents and a fifth of a partition or of all would be hidden, ' +
          'or all of more than 10',
      ),
  })
  .refine((body) => (body.plan_id === undefined) !== (body.expected === undefined), {
    message: 'needs either plan_id or expected',
    path: ['plan_id'],
  })
  .meta({ id: 'ApplyScope' });
export type ApplyScopeBody = z.infer<typeof ApplyScope>;

const ScopePartition = z.object({
  key: z.string(),
  title: z.string(),
  documents: z
    .int()
    .nullable()
    .describe('added: documents that come back; null: it was never read. Else: in the index'),
});

export const ScopePlanAnswer = z
  .object({
    plan_id: z.uuid(),
    account_id: z.string(),
    added: z.array(ScopePartition),
    removed: z.array(ScopePartition),
    kept: z.array(ScopePartition),
    documents: z
      .object({ added: z.int(), removed: z.int(), kept: z.int() })
      .describe('Sums; of added partitions only what is stored and comes back'),
    counted: z
      .enum(['exact', 'estimate'])
      .describe('estimate: added partitions may hold more than is stored of them'),
    needs_confirmation: z.boolean(),
    note: z.string().nullable(),
  })
  .meta({ id: 'ScopePlan' });
export type ScopePlanAnswer = z.infer<typeof ScopePlanAnswer>;

export const ScopeAnswer = z
  .object({
    hidden: z.int().describe('Documents taken out of the index; restorable for 7 days'),
    restored: z.int().describe('Documents back in the index, nothing fetched or embedded'),
    run_id: z.uuid().nullable().describe('The run that reads what is new; null: not active'),
    connection: ConnectionAnswer,
  })
  .meta({ id: 'AppliedScope' });
export type ScopeAnswer = z.infer<typeof ScopeAnswer>;
