import { z } from 'zod';
import { JobUnderway } from '../../jobs/jobs.schema.js';

const Score = z.number().min(0).max(1);

/** Below it texts have little in common, and the search for pairs needs memory without end. */
const MIN_THRESHOLD = 0.7;

export const DedupMemories = z
  .object({
    threshold: z
      .number()
      .min(MIN_THRESHOLD)
      .max(1)
      .default(0.95)
      .describe('Score from which two texts count as the same'),
    dry_run: z.boolean().default(true).describe('true: only say what would be deleted'),
  })
  .meta({ id: 'DedupMemories' });
export type DedupMemoriesBody = z.infer<typeof DedupMemories>;

const Excerpt = z.object({ id: z.uuid(), text: z.string().describe('The beginning of its text') });

export const DedupResult = z
  .object({
    clusters: z
      .array(
        z.object({
          keep: Excerpt.describe('Pinned, synced, most important, oldest: in this order'),
          duplicates: z.array(Excerpt.extend({ score: Score.describe('1 = the same text') })),
        }),
      )
      .describe('The first 500 clusters, at most 100 duplicates shown of each'),
    cluster_count: z.int(),
    duplicate_count: z.int().describe('What a dry run would delete'),
    deleted: z.int(),
    dry_run: z.boolean(),
  })
  .meta({ id: 'DedupResult' });
export type DedupResult = z.infer<typeof DedupResult>;

export const DedupAnswer = z.union([DedupResult, JobUnderway]).meta({ id: 'DedupAnswer' });
