import { z } from 'zod';
import { CollectionName } from '../collections/collection-name.schema.js';
import { Timestamp } from '../common/http/id.schema.js';
import { queryBoolean } from '../common/http/query-schemas.js';
import { HeldDeletionsAnswer, RunAnswer } from '../runs/runs.schema.js';
import { Schedule } from '../scheduler/schedule.schema.js';
import { DEFAULT_SCHEDULE_MINUTES } from './connection-limits.js';

const Fields = z.record(z.string(), z.unknown());
const FieldsOrNothing = Fields.nullish().transform((fields) => fields ?? {});
const Name = z.string().min(1).max(200);
const ContainerTag = z.string().min(1).max(200).nullable();

/** Ignores unknown fields, as all of the Longmem contract do; nulls are as good as nothing. */
export const CreateConnection = z
  .object({
    provider: z.string().min(1).max(64),
    name: Name.nullish().describe('Default: the title of the account'),
    collection: CollectionName.default('default'),
    container_tag: ContainerTag.default(null),
    config: FieldsOrNothing.describe('See GET /v1/memory/connectors for the schema'),
    credentials: FieldsOrNothing.describe('Stored encrypted and never shown again'),
    schedule: Schedule.default({ every_minutes: DEFAULT_SCHEDULE_MINUTES }),
  })
  .meta({ id: 'CreateConnection' });
export type CreateConnectionBody = z.infer<typeof CreateConnection>;

export const UpdateConnection = z
  .strictObject({
    name: Name.optional(),
    config: Fields.optional().describe('Replaces the configuration; the account stays the same'),
    credentials: Fields.optional().describe(
      'Replaces all credentials, of the same account; heals needs_auth',
    ),
    schedule: Schedule.optional(),
  })
  .meta({ id: 'UpdateConnection' });
export type UpdateConnectionBody = z.infer<typeof UpdateConnection>;

export const DeleteConnection = z.object({
  purge: queryBoolean(false).describe('Also delete the documents and memories that it synced'),
});
export type DeleteConnectionQuery = z.infer<typeof DeleteConnection>;

export const SyncConnection = z
  .object({
    full: z.boolean().default(false).describe('Read every document again, whatever its version'),
    partition: z.string().min(1).max(1000).optional().describe('Only this partition'),
  })
  .meta({ id: 'SyncConnection' });
export type SyncConnectionBody = z.infer<typeof SyncConnection>;

export const SyncOptions = z.object({
  wait: queryBoolean(true).describe('Wait up to 25 s for the end; false answers 202 at once'),
});
export type SyncOptionsQuery = z.infer<typeof SyncOptions>;

export const ConnectionAnswer = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    name: z.string(),
    account_id: z.string(),
    collection: z.string(),
    container_tag: z.string().nullable(),
    config: Fields,
    has_credentials: z.boolean(),
    credentials: z
      .object({ fields: z.array(z.string()), updated_at: Timestamp })
      .nullable()
      .describe('Names of the stored fields; their values are never shown'),
    status: z.enum(['active', 'paused', 'needs_auth', 'error']),
    status_reason: z.string().nullable(),
    schedule: Schedule,
    next_run_at: Timestamp.nullable(),
    last_run: z
      .object({
        id: z.uuid(),
        status: z.string(),
        synced_count: z.int(),
        error: z.string().nullable(),
        created_at: z.string(),
        finished_at: z.string().nullable(),
      })
      .nullable(),
    document_count: z.int(),
    held_deletions: HeldDeletionsAnswer.nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Connection' });
export type ConnectionAnswer = z.infer<typeof ConnectionAnswer>;

export const ProbeAnswer = z
  .object({
    checks: z.array(
      z.object({
        name: z.string(),
        outcome: z.enum(['passed', 'failed', 'indeterminate', 'skipped']),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'Probe' });
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;

export const CreatedConnectionAnswer = ConnectionAnswer.extend({
  checks: ProbeAnswer.shape.checks.describe('What was tried before it was attached; none failed'),
}).meta({ id: 'CreatedConnection' });
export type CreatedConnectionAnswer = z.infer<typeof CreatedConnectionAnswer>;

/** `status` is `running`, `error` null when the run goes on after 25 s; poll the run then. */
export const SyncAnswer = z
  .object({
    synced: z.int().describe('Documents created or updated'),
    cursor: z.null(),
    status: z.string(),
    run_id: z.uuid(),
    coalesced: z.boolean().describe('A run was active already; this is that one'),
    error: z.string().nullable(),
    run: RunAnswer,
  })
  .meta({ id: 'SyncResult' });
export type SyncAnswer = z.infer<typeof SyncAnswer>;

export const ConnectorAnswer = z
  .object({
    provider: z.string(),
    title: z.string(),
    description: z.string(),
    config_schema: Fields.describe('JSON Schema'),
    credentials_schema: Fields.describe('JSON Schema'),
  })
  .meta({ id: 'Connector' });
export type ConnectorAnswer = z.infer<typeof ConnectorAnswer>;
