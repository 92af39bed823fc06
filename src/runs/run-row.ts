import type { RunState, Trigger } from './run-state.js';

/** What a run did so far. All are totals over its attempts. */
export interface RunCounts {
  listed: number;
  fetched: number;
  created: number;
  updated: number;
  unchanged: number;
  moved: number;
  restored: number;
  deleted: number;
  lost_access: number;
  failed: number;
  skipped: Record<string, number>;
  chunks: number;
  embedded: number;
  embeddings_saved: number;
  api_calls: number;
  rate_limited: number;
  bytes: number;
}

/** Milliseconds spent per stage. */
export interface RunTimings {
  list: number;
  fetch: number;
  embed: number;
  write: number;
  verify: number;
}

export interface RunProgress {
  /** Documents looked at. */
  done: number;
  /** Documents expected in all; null while unknown. */
  expected: number | null;
  /** Documents per second of this attempt. */
  rate: number;
  /** Seconds to go; null while unknown. */
  eta_seconds: number | null;
  partition: string | null;
}

export interface WaitingReason {
  reason: string;
  until: string;
}

/** How long a run is to wait: a duration, since the clock of a worker may be wrong. */
export interface Wait {
  reason: string;
  seconds: number;
}

export interface RunOptions {
  /** Every document is read again, whatever its version. */
  full?: boolean;
  /** Only this partition. */
  partition?: string;
}

export interface ErrorDetail {
  code: string;
  message: string;
  retryable: boolean;
}

export interface HeldDeletions {
  count: number;
  partitions: string[];
  /** When the first run decided to hold them, however many have judged them again since. */
  since: string;
}

/** As a run's row has it. */
export interface StoredHold extends HeldDeletions {
  /** A run has begun to judge them again and has not decided yet: they cannot be settled. */
  judging?: true;
}

export interface RunRow {
  id: string;
  tenant_id: string;
  connection_id: string;
  provider: string;
  trigger: Trigger;
  priority: number;
  state: RunState;
  options: RunOptions;
  run_at: Date;
  lease_token: string | null;
  lease_until: Date | null;
  lease_owner: string | null;
  attempt: number;
  cancel_requested: boolean;
  waiting: WaitingReason | null;
  counts: Partial<RunCounts>;
  timings: Partial<RunTimings>;
  progress: Partial<RunProgress>;
  held_deletions: StoredHold | null;
  error: string | null;
  error_detail: ErrorDetail | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

export interface RunPartitionRow {
  partition_key: string;
  lane: string;
  title: string;
  started: boolean;
  finished: boolean;
  complete: boolean;
  gap_reason: string | null;
  counts: Record<string, number>;
}

/** A partition that a run left out. */
export interface SkippedPartition {
  key: string;
  title: string;
  reason: string;
}

export function emptyCounts(): RunCounts {
  return {
    listed: 0,
    fetched: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    moved: 0,
    restored: 0,
    deleted: 0,
    lost_access: 0,
    failed: 0,
    skipped: {},
    chunks: 0,
    embedded: 0,
    embeddings_saved: 0,
    api_calls: 0,
    rate_limited: 0,
    bytes: 0,
  };
}

export function emptyTimings(): RunTimings {
  return { list: 0, fetch: 0, embed: 0, write: 0, verify: 0 };
}
