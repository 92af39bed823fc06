import type { RunCounts, StoredHold } from '../runs/run-row.js';
import type { RunState } from '../runs/run-state.js';
import type { Schedule } from '../scheduler/schedule.schema.js';

export type ConnectionStatus = 'active' | 'paused' | 'needs_auth' | 'error';

/** The reason of those that a person paused; others were stopped by what their sync met. */
export const PAUSED_ON_REQUEST = 'paused on request';
/** The reason of those that are deleted with their documents. */
export const BEING_PURGED = 'being deleted with its documents';

export interface ConnectionRow {
  id: string;
  tenant_id: string;
  provider: string;
  account_id: string;
  name: string;
  collection_id: string;
  collection: string;
  container_tag: string | null;
  config: Record<string, unknown>;
  schedule: Schedule | null;
  next_run_at: Date | null;
  status: ConnectionStatus;
  status_reason: string | null;
  created_at: Date;
  updated_at: Date;
  document_count: number;
  last_run: LastRun | null;
}

export interface LastRun {
  id: string;
  state: RunState;
  counts: Partial<RunCounts>;
  error: string | null;
  held_deletions: StoredHold | null;
  created_at: string;
  finished_at: string | null;
}
