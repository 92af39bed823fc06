import type { CredentialFields } from '../credentials/credential-rows.js';
import { toHeld } from '../runs/run.mapper.js';
import type { ConnectionRow } from './connection-row.js';
import type { ConnectionAnswer } from './connections.schema.js';

/** A connection as the API shows it: of its credentials only the names of the fields. */
export function toConnection(row: ConnectionRow, credentials?: CredentialFields): ConnectionAnswer {
  const { last_run: last } = row;
  const counts = last?.counts;
  return {
    id: row.id,
    provider: row.provider,
    name: row.name,
    account_id: row.account_id,
    collection: row.collection,
    container_tag: row.container_tag,
    config: row.config,
    has_credentials: credentials !== undefined,
    credentials: credentials
      ? { fields: credentials.fields, updated_at: credentials.updatedAt.toISOString() }
      : null,
    status: row.status,
    status_reason: row.status_reason,
    schedule: row.schedule,
    next_run_at: row.next_run_at?.toISOString() ?? null,
    last_run: last && {
      id: last.id,
      status: last.state,
      synced_count: (counts?.created ?? 0) + (counts?.updated ?? 0),
      error: last.error,
      created_at: last.created_at,
      finished_at: last.finished_at,
    },
    document_count: row.document_count,
    held_deletions: last?.held_deletions ? toHeld(last.held_deletions) : null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
