import type { LaneDefinition } from '../../connectors/sdk/contract.js';
import { ROTATING } from '../../connectors/sdk/planned-gaps.js';

/** The lanes of a connector, as the ledger of its runs is asked about them. */
export interface LedgerLanes {
  readonly count: number;
  readonly sweeps: readonly string[];
}

export function ledgerLanes(lanes: readonly LaneDefinition[]): LedgerLanes {
  const sweeps = lanes.filter(({ kind }) => kind === 'sweep').map(({ name }) => name);
  return { count: lanes.length, sweeps };
}

/**
 * SQL over rows `p` of `run_partitions`, one per lane of one partition: whether all of the
 * partition was read. A lane that has not begun has no row, and a feed that names no ranges
 * promised nothing: it is complete whatever it has left, so only a sweep or a feed with ranges
 * proves anything alone. A feed goes round only after it has read everything once.
 * @param sweeps SQL of `LedgerLanes.sweeps`
 * @param count SQL of `LedgerLanes.count`
 */
export function readWhole(sweeps: string, count: string): string {
  const goesRound = `(p.finished and p.gap_reason is not distinct from '${ROTATING}')`;
  const proves = `(p.complete and (p.lane = any(${sweeps}::text[]) or p.ranges <> '[]'))`;
  return `(bool_or(${goesRound} or ${proves})
    or count(*) filter (where p.complete) >= ${count}::int)`;
}
