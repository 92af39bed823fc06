import type { WriteBatch } from '../remember/write-batches.js';
import type { RunCounts } from '../runs/run-row.js';
import type { PageFindings } from './content-changes.js';
import type { JudgedPage, ListedItems } from './page-judge.js';

/** Chunks that a page's transactions have written so far. */
export interface Written {
  readonly documents: number;
  readonly chunks: number;
  readonly embedded: number;
  /** Chunks that kept their vector. */
  readonly saved: number;
}

export function noneWritten(): Written {
  return { documents: 0, chunks: 0, embedded: 0, saved: 0 };
}

export function withBatch(before: Written, batch: WriteBatch): Written {
  return {
    documents: before.documents + batch.documents.filter((row) => row.state === 'live').length,
    chunks: before.chunks + batch.fresh.length + batch.keptCount,
    embedded: before.embedded + batch.fresh.length,
    saved: before.saved + batch.keptCount,
  };
}

/** What committing a page adds to; the rest is counted while reading, which runs ahead. */
export type CommittedCounts = Omit<RunCounts, 'fetched' | 'bytes' | 'api_calls' | 'rate_limited'>;

/** The run's totals with one more page; pure, because a transaction may be repeated. */
export function withPage(
  before: CommittedCounts,
  items: ListedItems,
  { judged, findings }: { judged: JudgedPage; findings: PageFindings },
  written: Written,
): CommittedCounts {
  const restored = judged.relabelled.filter(
    ({ known }) => known!.state === 'deleted' || known!.state === 'lost_access',
  ).length;
  const skipped = { ...before.skipped };
  const reasons = {
    ...items.skipped,
    suppressed: judged.suppressed,
    vanished: findings.vanished,
  };
  for (const [reason, n] of Object.entries(reasons))
    if (n > 0) skipped[reason] = (skipped[reason] ?? 0) + n;
  return {
    skipped,
    listed: before.listed + items.documents.length + items.failures.length,
    created: before.created + findings.created,
    moved: before.moved + findings.moved,
    restored: before.restored + restored,
    updated: before.updated + findings.updated + findings.relabelled.length - restored,
    unchanged: before.unchanged + judged.unchanged.length + findings.unchanged,
    deleted: before.deleted + judged.tombstones.length,
    lost_access: before.lost_access,
    failed: before.failed + findings.failures.length + judged.postponed.length,
    chunks: before.chunks + written.chunks,
    embedded: before.embedded + written.embedded,
    embeddings_saved: before.embeddings_saved + written.saved,
  };
}
