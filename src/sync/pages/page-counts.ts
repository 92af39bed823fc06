import type { DocumentRow, DocumentState, KnownDocument } from '../../remember/document-row.js';
import type { LabelPart } from '../../remember/label-parts.js';
import type { WriteBatch } from '../../remember/write-batches.js';
import type { RunCounts } from '../../runs/run-row.js';
import type { ListedDocument } from './classify.js';
import type { PageFindings } from './content-changes.js';
import type { JudgedPage, ListedItems } from './page-judge.js';

/** What one transaction stores. Documents count with the one that completes them. */
export type Written = Pick<
  RunCounts,
  | 'created'
  | 'updated'
  | 'moved'
  | 'restored'
  | 'deleted'
  | 'chunks'
  | 'embedded'
  | 'embeddings_saved'
>;

/** What a page as a whole adds to, with its last transaction. */
type PageCounts = Pick<RunCounts, 'listed' | 'skipped' | 'unchanged' | 'failed'>;

/** What one transaction of a page writes; whatever it leaves out is nothing. */
export interface PagePart {
  readonly batch: WriteBatch;
  readonly labels: LabelPart | null;
  readonly tombstones: readonly KnownDocument[];
}

/** What the store had of a page's documents when it was prepared. */
export interface StoredBefore {
  /**
   * Ids of documents that an earlier attempt stored in part: whoever completes them creates them,
   * although they have a row.
   */
  readonly begun: ReadonlySet<string>;
  /** Ids of hidden documents: those that only get their labels are shown again as they were. */
  readonly hidden: ReadonlySet<string>;
}

export function storedBefore({ toRead, relabelled }: JudgedPage): StoredBefore {
  const idsIn = (listed: readonly ListedDocument[], ...states: readonly DocumentState[]) =>
    listed.flatMap(({ known }) => (known && states.includes(known.state) ? [known.id] : []));
  return {
    begun: new Set(idsIn(toRead, 'pending')),
    hidden: new Set(idsIn([...relabelled, ...toRead], 'deleted', 'lost_access')),
  };
}

/** Documents that are stored whole once the part is. */
export function completedBy({ batch, labels }: PagePart): DocumentRow[] {
  return [...writtenWhole(batch), ...relabelledWhole(labels)];
}

function writtenWhole({ documents }: WriteBatch): DocumentRow[] {
  return documents.filter(({ state }) => state === 'live');
}

function relabelledWhole(labels: LabelPart | null): DocumentRow[] {
  return labels?.to === null ? labels.documents.map(({ row }) => row) : [];
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
  part: PagePart,
  { begun, hidden }: StoredBefore,
  { asStored, moved }: Pick<PageFindings, 'asStored' | 'moved'>,
): Written {
  const { batch, labels, tombstones } = part;
  const rewritten = new Set(batch.relabelled.map(({ id }) => id));
  const done = writtenWhole(batch).filter(({ id }) => !asStored.has(id));
  const edited = done.filter(({ id }) => rewritten.has(id) && !begun.has(id)).length;
  const relabelled = relabelledWhole(labels);
  const restored = relabelled.filter(({ id }) => hidden.has(id)).length;
  return {
    created: done.length - edited,
    updated: edited + relabelled.length - restored,
    moved: completedBy(part).filter(({ id }) => moved.has(id)).length,
    restored,
    deleted: tombstones.length,
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
    moved: before.moved + written.moved,
    restored: before.restored + written.restored,
    deleted: before.deleted + written.deleted,
    chunks: before.chunks + written.chunks,
    embedded: before.embedded + written.embedded,
    embeddings_saved: before.embeddings_saved + written.embeddings_saved,
  };
}

/** The run's totals with one more page, whose documents are counted already; pure, too. */
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
    skipped,
    listed: before.listed + items.documents.length + items.failures.length,
    unchanged:
      before.unchanged +
      judged.asListed +
      judged.unchanged.length +
      findings.unchanged +
      findings.asStored.size,
    failed: before.failed + findings.failures.length + findings.cut.size + judged.postponed.length,
  };
}
