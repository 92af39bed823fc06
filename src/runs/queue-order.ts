/**
 * The queue's order, as SQL over `runs r`; the index `runs_next` has the same expressions, so keep
 * them as they are there. A run's rank is the minute it became due in, less its priority: a unit
 * of priority is worth a minute of waiting, and a rank does not change while a run waits, so that
 * nothing starves and an index can have it. Among equals the connection that was served longest
 * ago comes first.
 */
export const QUEUE_RANK = rankOf('r.run_at', 'r.priority');
export const QUEUE_ORDER = `${QUEUE_RANK}, r.served_at nulls first, r.run_at, r.id`;

/** The rank that a run would have if it was put back at the end of the queue now. */
export const RANK_AT_THE_END = rankOf('now()', 'r.priority');

/** Waiting for a slot, or for a time that has come. */
export const DUE = `r.state in ('queued', 'waiting') and r.run_at <= now()`;

/** Runs at work at the same time, over all processes. */
export interface RunCaps {
  perTenant: number;
  perProvider: number;
}

/**
 * Neither the tenant nor the provider of a run has as many at work as it may.
 * @param tenantCap, providerCap placeholders, e.g. `$1`
 * @param except placeholder of a run that is not counted, since it is about to stop
 */
export function withinCaps(tenantCap: string, providerCap: string, except?: string): string {
  const full = (column: string, cap: string): string =>
    `select w.${column} from runs w where w.state = 'running'${
      except === undefined ? '' : ` and w.id <> ${except}`
    } group by w.${column} having count(*) >= ${cap}`;
  // Inside coalesce, since with one tenant the planner would take `<>` for always false and sort.
  return `coalesce(r.tenant_id <> all (array(${full('tenant_id', tenantCap)})), true)
    and coalesce(r.provider <> all (array(${full('provider', providerCap)})), true)`;
}

function rankOf(runAt: string, priority: string): string {
  return `((floor(extract(epoch from (${runAt} - timestamptz '2000-01-01 00:00:00+00')) / 60))::int
    - ${priority})`;
}
