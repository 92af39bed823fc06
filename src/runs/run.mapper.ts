import {
  emptyCounts,
  emptyTimings,
  type HeldDeletions,
  type RunPartitionRow,
  type RunRow,
  type SkippedPartition,
} from './run-row.js';
import type { RunAnswer, RunDetailAnswer } from './runs.schema.js';

export interface AttemptRow {
  attempt: number;
  lease_owner: string;
  started_at: Date;
  ended_at: Date | null;
  outcome: string | null;
  error: string | null;
}

export function toRun(row: RunRow): RunAnswer {
  const counts = { ...emptyCounts(), ...row.counts };
  const progress = {
    done: 0,
    expected: null,
    rate: 0,
    eta_seconds: null,
    partition: null,
    ...row.progress,
  };
  return {
    id: row.id,
    connection_id: row.connection_id,
    provider: row.provider,
    trigger: row.trigger,
    status: row.state,
    attempt: row.attempt,
    synced_count: counts.created + counts.updated,
    counts,
    timings: { ...emptyTimings(), ...row.timings },
    progress,
    waiting: row.waiting,
    held_deletions: row.held_deletions && toHeld(row.held_deletions),
    error: row.error,
    error_detail: row.error_detail,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
  };
}

export function toHeld({ count, partitions, since }: HeldDeletions): HeldDeletions {
  return { count, partitions, since };
}

interface RunParts {
  readonly partitions: readonly RunPartitionRow[];
  readonly skipped: readonly SkippedPartition[];
  readonly attempts: readonly AttemptRow[];
}

export function toRunDetail(
  row: RunRow,
  { partitions, skipped, attempts }: RunParts,
): RunDetailAnswer {
  return {
    ...toRun(row),
    full: row.options.full ?? false,
    only_partition: row.options.partition ?? null,
    cancel_requested: row.cancel_requested,
    partitions: partitions.map((partition) => ({
      key: partition.partition_key,
      lane: partition.lane,
      title: partition.title,
      state: partitionState(partition),
      complete: partition.complete,
      gap_reason: partition.gap_reason,
      documents: partition.counts.documents ?? 0,
      expected: partition.counts.expected ?? null,
      pages: partition.counts.pages ?? 0,
      failures: partition.counts.failures ?? 0,
    })),
    skipped_partitions: [...skipped],
    attempts: attempts.map((attempt) => ({
      attempt: attempt.attempt,
      worker: attempt.lease_owner,
      started_at: attempt.started_at.toISOString(),
      ended_at: attempt.ended_at?.toISOString() ?? null,
      outcome: attempt.outcome,
      error: attempt.error,
    })),
  };
}

function partitionState(row: RunPartitionRow): RunDetailAnswer['partitions'][number]['state'] {
  if (row.complete) return 'complete';
  if (row.finished) return 'incomplete';
  return row.started ? 'running' : 'waiting';
}
