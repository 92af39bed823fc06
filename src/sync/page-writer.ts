import { Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { DocumentPipeline } from '../remember/document-pipeline.js';
import { emptyBatch, type WriteBatch } from '../remember/write-batches.js';
import { RunQueue } from '../runs/run-queue.js';
import { ContentChanges, relabelled, type PageFindings } from './content-changes.js';
import { DocumentReader } from './document-reader.js';
import { noneWritten, withBatch, withPage, type Written } from './page-counts.js';
import { PageCommit } from './page-commit.js';
import { PageJudge, type JudgedPage, type ListedItems } from './page-judge.js';
import type { PageSource } from './page-source.js';
import type { SyncRun } from './sync-run.js';

/** One transaction of a page; the last one carries what the page as a whole has found. */
export interface CommitStep {
  readonly source: PageSource;
  readonly batch: WriteBatch;
  readonly written: Written;
  readonly found?: { readonly judged: JudgedPage; readonly findings: PageFindings };
}

/**
 * Pages, from what the source says to what is stored, in two halves: preparing (look up, read,
 * chunk, embed) runs ahead of committing, also into the next page. A page's checkpoint commits
 * with its last rows, so a crash repeats at most what was not committed, and repeating it changes
 * nothing.
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
  ) {}

  async *prepare(sync: SyncRun, source: PageSource): AsyncGenerator<CommitStep> {
    const { items } = source;
    const judged = await this.judge.judge(sync, items);
    const findings = this.findings(judged, items);
    for (const document of judged.met) {
      sync.met.add(document.seq);
      findings.seen.push(document.seq);
    }
    const changed = this.changes.of(sync, judged, findings);
    let written = noneWritten();
    let held: WriteBatch | undefined;
    for await (const batch of this.pipeline.batches(
      sync.tenant,
      sync.target,
      changed,
      sync.signal,
    )) {
      if (held) yield { source, batch: held, written };
      written = withBatch(written, batch);
      held = batch;
    }
    yield { source, batch: held ?? emptyBatch(), written, found: { judged, findings } };
  }

  /** @throws LeaseLost when another worker owns the run now; nothing of the step is stored then. */
  async commit(sync: SyncRun, { source, batch, written, found }: CommitStep): Promise<void> {
    sync.signal.throwIfAborted();
    const { tenant, target, run } = sync;
    const totals = found && withPage(sync.counts, source.items, found, written);
    if (found) source.advance(found.findings.seen);
    await sync.timed('write', () =>
      this.database.inTenant(tenant, async (tx) => {
        await this.queue.fence(tx, run);
        await this.pipeline.store(tx, tenant, target, batch);
        if (!found || !totals) return this.pageCommit.progress(tx, sync, written.documents);
        await this.lifecycle.relabel(tx, tenant, target, found.findings.relabelled);
        await this.pageCommit.tombstones(tx, sync, found.judged.tombstones);
        await this.pageCommit.failures(tx, sync, found.judged, found.findings);
        await source.save(tx, sync);
        await this.pageCommit.counts(tx, sync, { ...sync.counts, ...totals });
      }),
    );
    Object.assign(sync.counts, totals);
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
      created: 0,
      updated: 0,
      unchanged: 0,
      moved: 0,
      vanished: 0,
    };
  }
}
