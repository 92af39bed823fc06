import type { DocumentRow } from '../../remember/document-row.js';
import type { WriteBatch } from '../../remember/write-batches.js';
import type { RunCounts } from '../../runs/run-row.js';
import type { PageFindings } from './content-changes.js';
import type { JudgedPage, ListedItems } from './page-judge.js';

/** What one transaction stores. Documents count with the one that completes them. */
export type Written = Pick<
  RunCounts,
  'created' | 'updated' | 'chunks' | 'embedded' | 'embeddings_saved'
>;

/** What a page as a whole adds to, with its last transaction. */
type PageCounts = Pick<
  RunCounts,
  'listed' | 'skipped' | 'moved' | 'restored' | 'updated' | 'unchanged' | 'deleted' | 'failed'
>;

/**
 * Ids of documents that an earlier attempt stored in part: whoever completes them creates them,
 * although they have a row.
 */
export function begunBefore({ toRead }: Pick<JudgedPage, 'toRead'>): ReadonlySet<string> {
  return new Set(toRead.flatMap(({ known }) => (known?.state === 'pending' ? [known.id] : [])));
}

/** Documents that are stored whole once the batch is. */
export function completedBy({ documents }: WriteBatch): DocumentRow[] {
  return documents.filter(({ state }) => state === 'live');
}

/** Ids of documents whose stored chunks are not those that their content makes. */
export function mendedBy(
  { documents, fresh, reordered }: WriteBatch,
  asStored: PageFindings['asStored'],
): string[] {
  const chunks = [...fresh.map(({ row }) => row), ...reordered];
  const miscounted = documents.filter(({ id, chunkCount }) => asStored.get(id) !== chunkCount);
  return [...chunks.map(({ documentId }) => documentId!), ...miscounted.map(({ id }) => id)];
}

export function writtenBy(
  batch: WriteBatch,
  begun: ReadonlySet<string>,
  asStored: PageFindings['asStored'],
): Written {
  const rewritten = new Set(batch.relabelled.map(({ id }) => id));
  const done = completedBy(batch).filter(({ id }) => !asStored.has(id));
  const updated = done.filter(({ id }) => rewritten.has(id) && !begun.has(id)).length;
  return {
    created: done.length - updated,
    updated,
    chunks: batch.fresh.length + batch.keptCount,
    embedded: batch.fresh.length,
    embeddings_saved: batch.keptCount,
  };
}

const SETTLED = ['created', 'updated', 'unchanged', 'deleted', 'failed'] as const;

/** What became of documents between two totals of a run. */
export function addedTo(
  before: RunCounts,
  totals: Partial<RunCounts>,
): Partial<Record<(typeof SETTLED)[number], number>> {
  return Object.fromEntries(
    SETTLED.map((change) => [change, (totals[change] ?? before[change]) - before[change]]),
  );
}

/** The run's totals with one more transaction; pure, because a transaction may be repeated. */
export function withWritten(before: Written, written: Written): Written {
  return {
    created: before.created + written.created,
    updated: before.updated + written.updated,
    chunks: before.chunks + written.chunks,
    embedded: before.embedded + written.embedded,
    embeddings_saved: before.embeddings_saved + written.embeddings_saved,
  };
}

/** The run's totals with documents of a page that are stored already, under new labels. */
export function withLabels(
  before: Pick<PageCounts, 'moved' | 'restored' | 'updated'>,
  { judged, findings }: { judged: JudgedPage; findings: PageFindings },
): Pick<PageCounts, 'moved' | 'restored' | 'updated'> {
  const restored = judged.relabelled.filter(
    ({ known }) => known!.state === 'deleted' || known!.state === 'lost_access',
  ).length;
  return {
    moved: before.moved + findings.moved,
    restored: before.restored + restored,
    updated: before.updated + findings.relabelled.length - restored,
  };
}

/** The run's totals with one more page, whose changed documents are counted already; pure, too. */
export function withPage(
  before: PageCounts,
  items: ListedItems,
  { judged, findings }: { judged: JudgedPage; findings: PageFindings },
): PageCounts {
  const skipped = { ...before.skipped };
  const reasons = {
    ...items.skipped,
    suppressed: judged.suppressed + findings.suppressed,
    vanished: findings.vanished,
  };
  for (const [reason, n] of Object.entries(reasons))
    if (n > 0) skipped[reason] = (skipped[reason] ?? 0) + n;
  return {
    ...withLabels(before, { judged, findings }),
    skipped,
    listed: before.listed + items.documents.length + items.failures.length,
    unchanged:
      before.unchanged + judged.unchanged.length + findings.unchanged + findings.asStored.size,
    deleted: before.deleted + judged.tombstones.length,
    failed: before.failed + findings.failures.length + judged.postponed.length,
  };
}
