import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { queryInteger } from '../common/http/query-schemas.js';
import { MemoryAnswer } from './memories.schema.js';

const MAX_DAYS = 36_500;
const Days = z.int().min(0).max(MAX_DAYS);
const DryRun = z.boolean().default(true).describe('true: only say what would happen');

export const ForgetMemories = z
  .object({
    query: z.string().trim().min(1).max(10_000),
    min_score: z.number().min(0).max(1).default(0.5).describe('Every deleted memory reaches it'),
    limit: z.int().min(1).max(100).default(10),
    dry_run: z.boolean().default(false).describe('true: only say what would be deleted'),
  })
  .meta({ id: 'ForgetMemories' });
export type ForgetMemoriesBody = z.infer<typeof ForgetMemories>;

export const Forgotten = z
  .union([
    z
      .object({
        deleted: z.literal(0),
        dry_run: z.literal(true),
        would_delete: z.int(),
        ids: z.array(z.uuid()).describe('Best hit first'),
      })
      .describe('With dry_run'),
    z.object({ deleted: z.int() }),
  ])
  .meta({ id: 'Forgotten' });
export type Forgotten = z.infer<typeof Forgotten>;

export const ArchiveStale = z
  .object({ older_than_days: Days.default(90), dry_run: DryRun })
  .meta({ id: 'ArchiveStale' });
export type ArchiveStaleBody = z.infer<typeof ArchiveStale>;

export const StaleArchived = z
  .union([
    z.object({ would_archive: z.int().describe('With dry_run') }),
    z.object({ archived: z.int() }),
  ])
  .meta({ id: 'StaleArchived' });
export type StaleArchived = z.infer<typeof StaleArchived>;

export const HealthQuery = z.object({ stale_days: queryInteger(0, MAX_DAYS, 90) });
export type HealthQuery = z.infer<typeof HealthQuery>;

export const CollectionHealth = z
  .object({
    total: z.int().describe('All memories, archived and superseded ones too'),
    stale: z.int().describe('Visible, not pinned and not changed for `stale_days`'),
    expired: z.int(),
    supersessions: z.int().describe('Memories replaced by a newer one'),
    needs_attention: z.int().describe('Stale or expired'),
    categories: z.record(z.string(), z.int()).describe('Memories per category; sums up to total'),
  })
  .meta({ id: 'CollectionHealth' });
export type CollectionHealth = z.infer<typeof CollectionHealth>;

export const ContradictionsQuery = z.object({ limit: queryInteger(1, 1000, 100) });
export type ContradictionsQuery = z.infer<typeof ContradictionsQuery>;

export const Contradiction = z
  .object({
    current: MemoryAnswer,
    superseded: MemoryAnswer,
    reason: z.string().nullable(),
    created_at: Timestamp.describe('When it was superseded'),
  })
  .meta({ id: 'Contradiction' });
export type Contradiction = z.infer<typeof Contradiction>;

export const DigestQuery = z.object({
  container_tag: z.string().optional().describe('Only memories of this tag'),
});
export type DigestQuery = z.infer<typeof DigestQuery>;

export const ProfileAnswer = z
  .object({ profile: z.string(), based_on: z.int().describe('Memories that were read') })
  .meta({ id: 'Profile' });
export type ProfileAnswer = z.infer<typeof ProfileAnswer>;

export const SummaryQuery = DigestQuery.extend({ limit: queryInteger(1, 200, 50) });
export type SummaryQuery = z.infer<typeof SummaryQuery>;

export const SummaryAnswer = z
  .object({
    summary: z.string(),
    themes: z.array(z.string()),
    based_on: z.int().describe('Memories that were read'),
    generated_at: Timestamp,
  })
  .meta({ id: 'Summary' });
export type SummaryAnswer = z.infer<typeof SummaryAnswer>;
