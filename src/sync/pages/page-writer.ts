import { Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../../database/background-database.js';
import { together } from '../../database/together.js';
import { Metrics } from '../../metrics/metrics.js';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import { DocumentPipeline } from '../../remember/document-pipeline.js';
import { endingAtError } from '../../remember/ending-at-error.js';
import { emptyBatch, type WriteBatch } from '../../remember/write-batches.js';
import { RunQueue } from '../../runs/run-queue.js';
import type { RunCounts } from '../../runs/run-row.js';
import type { SyncRun } from '../engine/sync-run.js';
import { ContentChanges, relabelled, type PageFindings } from './content-changes.js';
import { DocumentReader } from './document-reader.js';
import { PageCommit } from './page-commit.js';
import {
  addedTo,
  begunBefore,
  completedBy,
  mendedBy,
  withLabels,
  withPage,
  withWritten,
  writtenBy,
  type Written,
} from './page-counts.js';
import { PageJudge, type JudgedPage, type ListedItems } from './page-judge.js';
import type { PageSource } from './page-source.js';

/** One transaction of a page; the last one carries what the page as a whole has found. */
export interface CommitStep {
  readonly source: PageSource;
  readonly batch: WriteBatch;
  /** What the batch adds to the run's counts. */
  readonly written: Written;
  /** Documents of the page that are stored once the batch is. */
  readonly done: number;
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
    private readonly queue: RunQueue,
    private readonly metrics: Metrics,
  ) {}

  async *prepare(sync: SyncRun, source: PageSource): AsyncGenerator<CommitStep> {
    const { items } = source;
    const judged = await this.judge.judge(sync, items);
    const findings = this.findings(judged, items);
    for (const document of judged.met) {
      sync.met.add(document.seq);
      findings.seen.push(document.seq);
    }
    const listedFailures = findings.failures.length;
    const changed = this.changes.of(sync, judged, findings);
    const begun = begunBefore(judged);
    let done = 0;
    const step = (batch: WriteBatch): CommitStep => {
      for (const id of mendedBy(batch, findings.asStored)) findings.asStored.delete(id);
      const written = writtenBy(batch, begun, findings.asStored);
      done += completedBy(batch).length;
      return { source, batch, written, done };
    };
    let held: WriteBatch | undefined;
    const batches = endingAtError(
      this.pipeline.batches(sync.tenant, sync.target, changed, sync.signal, sync.embedGroups),
    );
    for await (const batch of batches.items) {
      if (held) yield step(held);
      held = batch;
    }
    const last = step(held ?? emptyBatch());
    if (!batches.hasThrown()) {
      yield { ...last, found: { judged, findings } };
      return;
    }
    const failures = findings.failures.slice(listedFailures);
    // Only what gets the run ahead: an empty commit would make a source that is down look alive.
    if (held || findings.relabelled.length + failures.length > 0)
      yield { ...last, foundUntilError: { judged, findings: { ...findings, failures } } };
    batches.rethrow();
  }

  /** @throws LeaseLost when another worker owns the run now; nothing of the step is stored then. */
  async commit(sync: SyncRun, step: CommitStep): Promise<void> {
    sync.signal.throwIfAborted();
    const { tenant, target, run } = sync;
    const { source, batch, found, foundUntilError } = step;
    const settled = found ?? foundUntilError;
    const totals = this.totals(sync, step);
    const done = totals.listed ?? sync.counts.listed + step.done;
    source.announce(sync);
    if (found) source.advance(found.findings.seen);
    await sync.timed('write', () =>
      this.database.inTenant(tenant, async (tx) => {
        await together(
          tx,
          () => this.queue.fence(tx, run, sync.report(totals, done)),
          () => this.pipeline.store(tx, tenant, target, batch),
        );
        if (!settled) return;
        await this.lifecycle.relabel(tx, tenant, target, settled.findings.relabelled);
        await this.pageCommit.failures(tx, sync, settled.judged, settled.findings);
        if (!found) return;
        await this.pageCommit.tombstones(tx, sync, found.judged.tombstones);
        await source.save(tx, sync);
      }),
    );
    this.metrics.documentsSettled(run.provider, addedTo(sync.counts, totals));
    Object.assign(sync.counts, totals);
  }

  private totals(
    { counts }: SyncRun,
    { source, written, found, foundUntilError }: CommitStep,
  ): Partial<RunCounts> {
    const stored = withWritten(counts, written);
    const before = { ...counts, ...stored };
    if (found) return { ...stored, ...withPage(before, source.items, found) };
    return foundUntilError ? { ...stored, ...withLabels(before, foundUntilError) } : stored;
  }

  private findings(judged: JudgedPage, items: ListedItems): PageFindings {
    return {
      relabelled: judged.relabelled.map((document) => relabelled(document, document.known!)),
      failures: [...items.failures, ...judged.broken].map((failure) => {
        const { stage, code, message } = failure;
        return this.reader.failure({ ...failure, version: null }, stage, code, message);
      }),
      read: [],
      seen: [],
      unchanged: 0,
      asStored: new Map(),
      moved: 0,
      suppressed: 0,
      vanished: 0,
    };
  }
}
