import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { queryInteger } from '../common/http/query-schemas.js';
import { IndexHealthFields } from '../indexing/index-admin.schema.js';

const Count = z.int().min(0);
const Seconds = z.number().min(0).nullable();

export const ConnectorHealthQuery = z.object({
  hours: queryInteger(1, 24 * 90, 24).describe('Runs that ended within so many hours'),
});
export type ConnectorHealthQuery = z.infer<typeof ConnectorHealthQuery>;

export const ConnectorHealth = z
  .object({
    provider: z.string(),
    runs: Count,
    errors: Count.describe('Those of them that ended in an error'),
    last_run: Timestamp.nullable().describe('When the last one ended; null: none within the hours'),
  })
  .meta({ id: 'ConnectorHealth' });
export type ConnectorHealth = z.infer<typeof ConnectorHealth>;

export const ConnectorStatus = z
  .object({ status: z.enum(['active', 'paused', 'needs_auth', 'error']), n: Count })
  .meta({ id: 'ConnectorStatus' });
export type ConnectorStatus = z.infer<typeof ConnectorStatus>;

export const MemoryHealthQuery = z.object({
  stale_days: queryInteger(0, 36_500, 90).describe('Not changed for so long counts as stale'),
});
export type MemoryHealthQuery = z.infer<typeof MemoryHealthQuery>;

export const MemoryHealth = z
  .object({
    total: Count,
    current: Count.describe('What a search can find'),
    archived: Count,
    stale: Count,
    expired: Count,
    supersessions: Count,
    needs_attention: Count.describe('stale + expired'),
    estimated: z.boolean().describe('True: counted on a part of a large table and scaled'),
  })
  .meta({ id: 'MemoryHealth' });
export type MemoryHealth = z.infer<typeof MemoryHealth>;

export const OverviewQuery = z.object({
  limit: queryInteger(1, 100, 20).describe('Connections shown that need attention'),
});
export type OverviewQuery = z.infer<typeof OverviewQuery>;

const Total = z.object({ total: Count, estimated: z.boolean() });

export const Overview = z
  .object({
    version: z.string(),
    database: z.enum(['embedded', 'server']),
    index: z.enum(['pgvector', 'qdrant']).describe('Where vectors are searched'),
    tenants: Count,
    connections: z.array(z.object({ provider: z.string(), status: z.string(), n: Count })),
    runs: z.object({
      queued: Count,
      running: Count,
      waiting: Count.describe('For a rate limit, a retry or the embedder'),
      oldest_queued_seconds: Seconds,
      failed_24h: Count,
    }),
    attention: z.object({
      total: Count,
      connections: z
        .array(
          z.object({
            id: z.uuid(),
            tenant: z.uuid(),
            provider: z.string(),
            name: z.string(),
            status: ConnectorStatus.shape.status,
            since: Timestamp.describe('Since when it has that status'),
            errors_in_a_row: Count,
            held_deletions: z.boolean().describe('A mass deletion waits for a person'),
            last_error: z.string().nullable().describe('Code of the error of its last run'),
            last_success_at: Timestamp.nullable(),
          }),
        )
        .describe('The worst first'),
    }),
    outbox: z.object({
      pending: Count.describe('Index entries still to be written; 100000 means that or more'),
      oldest_seconds: Seconds,
      error: z
        .string()
        .nullable()
        .describe(
          'Why one of them is not written, whichever process has tried; null: none failed, or ' +
            'Qdrant has not answered in time, which index_health tells',
        ),
    }),
    index_health: z.object(IndexHealthFields),
    documents: Total,
    memories: Total,
    generated_at: Timestamp,
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof Overview>;
