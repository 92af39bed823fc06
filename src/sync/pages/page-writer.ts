import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BackgroundDatabase } from '../../database/background-database.js';
import { together } from '../../database/together.js';
import { waitBriefly } from '../../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import { Metrics } from '../../metrics/metrics.js';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import { DocumentPipeline } from '../../remember/document-pipeline.js';
import { endingAtError, type EndingAtError } from '../../remember/ending-at-error.js';
import { labelParts } from '../../remember/label-parts.js';
import { slicesByCost } from '../../remember/slices.js';
import { emptyBatch, without, type WriteBatch } from '../../remember/write-batches.js';
import { RunQueue } from '../../runs/run-queue.js';
import type { RunCounts } from '../../runs/run-row.js';
import type { SyncRun } from '../engine/sync-run.js';
import { ContentChanges, relabelled, type PageFindings } from './content-changes.js';
import { DocumentReader } from './document-reader.js';
import { inTurn, OutOfTurn } from './in-turn.js';
import { PageCommit } from './page-commit.js';
import {
  addedTo,
  completedBy,
  mendedBy,
  storedBefore,
  withPage,
  withWritten,
  writtenBy,
  type PagePart,
  type Written,
} from './page-counts.js';
import { PageJudge, type JudgedPage, type ListedItems } from './page-judge.js';
import type { PageSource } from './page-source.js';
import { RemovedMeanwhile } from './removed-meanwhile.js';

/** One transaction of a page; the last one carries what the page as a whole has found. */
export interface CommitStep extends PagePart {
  readonly source: PageSource;
  /** What the step adds to the run's counts, given what was stored of it. */
  readonly count: (stored: PagePart) => Written;
  /** Documents of the page that are stored once the step is. */
  readonly done: number;
  /** The page that it is part of, as far as that is known by now. */
  readonly page: Found;
  readonly found?: Found;
  /** What was found until an error cut the page short: it is listed again, but not read again. */
  readonly foundUntilError?: Found;
}

interface Found {
  readonly judged: JudgedPage;
  readonly findings: PageFindings;
}

/**
 * Pages, from what the source says to what is stored, in two halves: preparing (look up, read,
 * chunk, embed) runs ahead of committing, also into the next page. A page's checkpoint commits
 * with its last rows, what a transaction stored is counted by that very transaction: a crash
 * repeats at most what was not committed, and repeating it neither changes nor counts anything.
 */
@Injectable()
export class PageWriter {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly judge: PageJudge,
    private readonly changes: ContentChanges,
    private readonly reader: DocumentReader,
    private readonly pipeline: DocumentPipeline,
    private readonly lifecycle: DocumentLifecycle,
    private readonly pageCommit: PageCommit,
    private readonly removedMeanwhile: RemovedMeanwhile,
    private readonly queue: RunQueue,
    private readonly metrics: Metrics,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  async *prepare(sync: SyncRun, source: PageSource): AsyncGenerator<CommitStep> {
    const { items } = source;
    const judged = await this.judge.judge(sync, items);
    const findings = this.findings(judged, items);
    for (const seq of judged.met) {
      sync.met.add(seq);
      findings.seen.push(seq);
    }
    const listedFailures = findings.failures.length;
    const changed = this.changes.of(sync, judged, findings);
    const before = storedBefore(judged);
    let done = 0;
    const step = (given: Partial<PagePart>): CommitStep => {
      const part: PagePart = { batch: emptyBatch(), labels: null, tombstones: [], ...given };
      for (const id of mendedBy(part.batch, findings.asStored)) findings.asStored.delete(id);
      done += completedBy(part).length;
      const count = (stored: PagePart): Written => writtenBy(stored, before, findings);
      return { source, ...part, count, done, page: { judged, findings } };
    };
    let held: Partial<PagePart> | undefined;
    const batches = endingAtError(
      this.pipeline.batches(sync.tenant, sync.target, changed, sync.signal, sync.embedGroups, {
        timed: (work) => sync.timed('embed', work),
        refused: (document, reason) => {
          const message = `The embedding endpoint refuses a text of it: ${reason}`;
          findings.failures.push(
            this.reader.failure(document, 'embed', 'embedding_refused', message),
          );
        },
      }),
    );
    for await (const part of this.parts(batches, judged, findings)) {
      if (held) yield step(held);
      held = part;
    }
    const last = step(held ?? {});
    if (!batches.hasThrown()) {
      yield { ...last, found: { judged, findings } };
      return;
    }
    const failures = findings.failures.slice(listedFailures);
    // Only what gets the run ahead: an empty commit would make a source that is down look alive.
    if (held || failures.length > 0)
      yield { ...last, foundUntilError: { judged, findings: { ...findings, failures } } };
    batches.rethrow();
  }

  /** Each small enough for a transaction of its own, in the order in which they commit. */
  private async *parts(
    batches: EndingAtError<WriteBatch>,
    judged: JudgedPage,
    findings: PageFindings,
  ): AsyncGenerator<Partial<PagePart>> {
    for await (const batch of batches.items) yield { batch };
    for (const labels of labelParts(findings.relabelled, this.database)) yield { labels };
    if (batches.hasThrown()) return;
    const { lightBatch } = this.database;
    const hidden = slicesByCost(judged.tombstones, lightBatch, ({ chunkCount }) => chunkCount);
    for (const tombstones of hidden) yield { tombstones };
  }

  /**
   * Steps are stored in order. One that only adds documents may begin while the one in front of it
   * is under way, so that the database need not stand still between them, nor is it held up by one
   * processor; its counts, and whatever the page has found, wait for their turn.
   * @param turn when everything in front of the step is stored; rejects when that failed
   * @throws LeaseLost when another worker owns the run now; nothing of the step is stored then.
   */
  async commit(sync: SyncRun, step: CommitStep, turn = Promise.resolve()): Promise<void> {
    sync.signal.throwIfAborted();
    const begun = turn.then(() => begin(sync, step));
    begun.catch(() => undefined); // awaited below, if it comes to that
    if (this.mayBeginEarly(sync, step)) {
      try {
        return await this.write(sync, step, () => inTurn(begun, sync.context.clock));
      } catch (error) {
        if (!(error instanceof OutOfTurn)) throw error;
      }
    }
    await begun;
    await this.write(sync, step);
  }

  /**
   * What is new has no rows that others hold, so two of them do not wait for each other; the first
   * ones in a collection also make its statistics. There must be room, since it will wait. An index
   * elsewhere is what a sync waits for anyway.
   */
  private mayBeginEarly({ counts }: SyncRun, { labels, tombstones, batch }: CommitStep): boolean {
    if (!this.index.inDatabase || counts.embedded === 0) return false;
    const addsOnly = !labels && tombstones.length === 0 && batch.stored.length === 0;
    return addsOnly && batch.fresh.length > 0 && this.database.hasRoomToWait;
  }

  private async write(sync: SyncRun, step: CommitStep, turn?: () => Promise<void>): Promise<void> {
    const { source, labels, tombstones, page, found, foundUntilError } = step;
    const settled = found ?? foundUntilError;
    // Texts have waited before they were embedded. What was deleted, or is for fewer eyes now, is
    // not to be found for as long as others keep the index behind.
    if (labels || tombstones.length > 0) await waitBriefly(this.index, sync.signal);
    const totals = await sync.timed('write', () =>
      this.database.inTenant(sync.tenant, async (tx) => {
        const stored = await this.store(tx, sync, step, turn);
        await this.pageCommit.tombstones(tx, sync, tombstones);
        await this.pageCommit.cutOff(tx, sync, completedBy(stored), page.findings);
        await this.pageCommit.mended(tx, sync, completedBy(step), page);
        await together(
          async () =>
            settled && this.pageCommit.failures(tx, sync, settled.judged, settled.findings),
          async () => found && source.save(tx, sync),
        );
        return this.totals(sync, step, stored);
      }),
    );
    this.metrics.documentsSettled(sync.run.provider, addedTo(sync.counts, totals));
    Object.assign(sync.counts, totals);
  }

  /**
   * What was removed since the step was made is left out, as if it had been removed right after it.
   * New documents cannot have been, so most of a first run does not ask.
   * @returns what is stored
   */
  private async store(
    tx: EntityManager,
    sync: SyncRun,
    step: CommitStep,
    turn?: () => Promise<void>,
  ): Promise<PagePart> {
    const { tenant, target } = sync;
    const { batch, labels, tombstones } = step;
    const fence = (stored: PagePart): Promise<void> => {
      const totals = this.totals(sync, step, stored);
      const done = totals.listed ?? sync.counts.listed + step.done;
      return this.queue.fence(tx, sync.run, sync.report(totals, done));
    };
    const labelled = labels?.documents.map(({ row }) => row) ?? [];
    const stored = [...batch.stored, ...labelled.map(({ id }) => id)];
    if (stored.length === 0) {
      const store = () => this.pipeline.store(tx, tenant, target, batch);
      if (turn) {
        await store();
        await turn();
        await fence(step);
      } else {
        await together(() => fence(step), store);
      }
      return step;
    }
    const [, removed] = await together(
      () => fence(step),
      () => this.removedMeanwhile.of(tx, sync, stored, [...batch.documents, ...labelled]),
    );
    const documents = labels?.documents.filter(({ row }) => !removed.documents.has(row.id));
    const left: PagePart = {
      batch: without(batch, removed),
      labels: labels && { ...labels, documents: documents! },
      tombstones,
    };
    if (removed.documents.size > 0) await fence(left);
    await this.pipeline.store(tx, tenant, target, left.batch);
    if (left.labels) await this.lifecycle.relabel(tx, tenant, target, left.labels);
    return left;
  }

  private totals(
    { counts }: SyncRun,
    { source, count, found }: CommitStep,
    stored: PagePart,
  ): Partial<RunCounts> {
    const totals = withWritten(counts, count(stored));
    if (!found) return totals;
    return { ...totals, ...withPage({ ...counts, ...totals }, source.items, found) };
  }

  private findings(judged: JudgedPage, items: ListedItems): PageFindings {
    return {
      relabelled: judged.relabelled.map((document) => relabelled(document, document.known!)),
      failures: [...items.failures, ...judged.broken].map((failure) => {
        const { stage, code, message } = failure;
        return this.reader.failure({ ...failure, version: null }, stage, code, message);
      }),
      cut: new Map(),
      read: new Set(),
      settled: [],
      seen: [],
      unchanged: 0,
      asStored: new Map(),
      moved: new Set(),
      suppressed: 0,
      vanished: 0,
    };
  }
}

/** Once, when it is the step's turn, however often its transaction is tried. */
function begin(sync: SyncRun, { source, found }: CommitStep): void {
  sync.signal.throwIfAborted();
  source.announce(sync);
  if (found) source.advance(found.findings.seen);
}
