import { z } from 'zod';
import { Instant, Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';
import { AUDIT_ACTIONS, type AuditAction } from './audit-actions.js';

const actions = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]];

export const ListAudit = z.object({
  ...pageFields({ limit: 50, max: 500 }),
  tenant: z.uuid().optional(),
  action: z.enum(actions).optional(),
  actor: z.string().min(1).max(200).optional().describe('`key:<id>`, `operator` or `bootstrap`'),
  since: Instant.optional(),
  until: Instant.optional().describe('Entries from before it'),
});
export type ListAuditQuery = z.infer<typeof ListAudit>;

export const AuditEntryAnswer = z
  .object({
    id: z.uuid(),
    tenant: z.uuid().nullable().describe('null: an act on the installation as a whole'),
    actor: z.string(),
    action: z.string(),
    target: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    request_id: z.string().nullable().describe('As in the log and in `X-Request-Id`'),
    created_at: Timestamp,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryAnswer = z.infer<typeof AuditEntryAnswer>;

/** Sort key of the list. */
export const AuditCursor = z.tuple([Instant, z.uuid()]);
