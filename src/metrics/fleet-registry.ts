import { Gauge, Registry } from 'prom-client';
import type { Fleet } from '../admin/fleet.service.js';

const RUN_STATES = ['queued', 'running', 'waiting'];

/** A value, or values by label; every label comes from a small set of names. */
type Value = number | readonly (readonly [labels: Record<string, string>, value: number])[];

/**
 * What the database says of the whole installation, the same from every process. Made anew for
 * each look, so that no number outlives what it was about.
 * @param fleet null: the database did not answer, and nothing is known
 */
export function fleetRegistry(fleet: Fleet | null): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: Value): void => {
    const values = typeof value === 'number' ? [[{}, value] as const] : value;
    const labelNames = Object.keys(values[0]?.[0] ?? {});
    const made = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [labels, n] of values) made.set(labels, n);
  };
  gauge('tributary_database_up', 'Whether the database answered this scrape', fleet ? 1 : 0);
  if (!fleet) return registry;
  gauge('tributary_runs', 'Runs that have not ended', runsOf(fleet));
  gauge(
    'tributary_run_queue_depth',
    'Runs that a worker could take now or later',
    total(fleet, 'queued') + total(fleet, 'waiting'),
  );
  gauge(
    'tributary_run_queue_oldest_age_seconds',
    'For how long the oldest run that a worker may take has been due; 0: there is none',
    fleet.oldestQueuedSeconds ?? 0,
  );
  gauge(
    'tributary_connections',
    'Connections by status',
    fleet.connections.map(({ provider, status, n }) => [{ provider, status }, n]),
  );
  gauge(
    'tributary_connections_late',
    'Active connections whose last good run ended more than two of their intervals ago',
    fleet.lag.map(({ provider, late }) => [{ provider }, late]),
  );
  gauge(
    'tributary_connection_lag_max_seconds',
    'Time since the last good run, of the scheduled connection that is furthest behind',
    fleet.lag.map(({ provider, max }) => [{ provider }, max]),
  );
  gauge(
    'tributary_connection_lag_median_seconds',
    'Time since the last good run, the median over scheduled connections',
    fleet.lag.map(({ provider, median }) => [{ provider }, median]),
  );
  gauge(
    'tributary_outbox_pending',
    'Index entries still to be written; 100000 means that or more',
    fleet.outbox.pending,
  );
  gauge(
    'tributary_outbox_oldest_age_seconds',
    'For how long the oldest of them has waited; 0: none does',
    fleet.outbox.oldestSeconds ?? 0,
  );
  gauge('tributary_tenants', 'Tenants', fleet.tenants);
  gauge(
    'tributary_documents',
    'Synced documents in the index; an estimate where there are many',
    fleet.documents.total,
  );
  gauge(
    'tributary_memories',
    'Memories that a search can find; an estimate where there are many',
    fleet.memories.total,
  );
  return registry;
}

/** Every state of every provider that has connections: a series that ends is hard to alert on. */
function runsOf(fleet: Fleet): Value {
  const providers = new Set([...fleet.connections, ...fleet.runs].map(({ provider }) => provider));
  return [...providers].flatMap((provider) =>
    RUN_STATES.map((state) => {
      const row = fleet.runs.find((run) => run.provider === provider && run.state === state);
      return [{ provider, state }, row?.n ?? 0] as const;
    }),
  );
}

function total(fleet: Fleet, state: string): number {
  return fleet.runs.reduce((sum, run) => sum + (run.state === state ? run.n : 0), 0);
}
