import { z } from 'zod';

export const DryRun = z
  .strictObject({
    partition: z.string().min(1).max(2000).describe('Key of the partition to look at'),
    limit: z.int().min(1).max(100).default(20).describe('Documents to list and read at most'),
  })
  .meta({ id: 'DryRun' });
export type DryRunBody = z.infer<typeof DryRun>;

const DryRunDocument = z
  .object({
    external_id: z.string(),
    title: z.string(),
    url: z.string().nullable(),
    outcome: z.enum(['created', 'updated', 'unchanged', 'deleted', 'skipped', 'failed']),
    reason: z.string().nullable().describe('Why it would be skipped'),
    code: z.string().nullable().describe('Why it would fail, or not be whole, for machines'),
    message: z.string().nullable().describe('Why it would fail, or not be whole, for people'),
    chunks: z.int().nullable().describe('Searchable parts that it has or would have'),
  })
  .meta({ id: 'DryRunDocument' });
export type DryRunDocument = z.infer<typeof DryRunDocument>;

export const DryRunAnswer = z
  .object({
    partition: z.object({
      key: z.string(),
      title: z.string(),
      skip_reason: z.string().nullable().describe('A sync would not read the partition'),
    }),
    documents: z.array(DryRunDocument),
    skipped: z
      .record(z.string(), z.int())
      .describe('Items among the listed ones that the connector leaves out, by reason'),
    complete: z.boolean().describe('The listing ended before the limit was reached'),
  })
  .meta({ id: 'DryRunResult' });
export type DryRunAnswer = z.infer<typeof DryRunAnswer>;
