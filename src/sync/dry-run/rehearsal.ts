import type { ConnectorContext } from '../../../connectors/sdk/context.js';
import type { Connector } from '../../../connectors/sdk/contract.js';
import type { SyncTarget } from '../../remember/changed-document.js';
import type { ClaimedRun } from '../../runs/run-queue.js';
import { SyncRun } from '../engine/sync-run.js';

/** Stands for a run that is in no queue; nothing that is written under it passes the fence. */
const NO_RUN = '00000000-0000-0000-0000-000000000000';

/** A run that only looks: what reads and compares takes it for a real one. */
export function rehearsal(
  tenant: string,
  connector: Connector,
  context: ConnectorContext,
  target: SyncTarget,
  now: () => Date,
): SyncRun {
  const at = now();
  const run: ClaimedRun = {
    id: NO_RUN,
    tenant_id: tenant,
    connection_id: target.connection,
    provider: target.provider,
    trigger: 'manual',
    priority: 0,
    state: 'running',
    options: {},
    run_at: at,
    lease_token: NO_RUN,
    lease_until: null,
    lease_owner: null,
    attempt: 1,
    cancel_requested: false,
    waiting: null,
    counts: {},
    timings: {},
    progress: {},
    held_deletions: null,
    error: null,
    error_detail: null,
    created_at: at,
    started_at: at,
    finished_at: null,
  };
  return new SyncRun(run, tenant, connector, context, target, now);
}
