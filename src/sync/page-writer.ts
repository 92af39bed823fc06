import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LaneDefinition, Page, Partition } from '../../connectors/sdk/contract.js';
import type { CommitHooks, WriteCounts } from '../remember/changed-document.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { DocumentPipeline } from '../remember/document-pipeline.js';
import { RunQueue } from '../runs/run-queue.js';
import type { RunCounts } from '../runs/run-row.js';
import { ContentChanges, relabelled, type PageFindings } from './content-changes.js';
import { DocumentReader } from './document-reader.js';
import type { LaneLedger } from './lane-ledger.js';
import { PageJudge, type JudgedPage, type ListedItems } from './page-judge.js';
import { PageCommit } from './page-commit.js';
import { SeenBitmap } from './seen-bitmap.js';
import type { SyncRun } from './sync-run.js';

/**
 * One page of a listing, from what the source says to what is stored. The page's checkpoint
 * commits with its last rows, so a crash repeats at most this page, and repeating it changes
 * nothing.
 */
@Injectable()
export class PageWriter {
  constructor(
    private readonly judge: PageJudge,
    private readonly changes: ContentChanges,
    private readonly reader: DocumentReader,
    private readonly pipeline: DocumentPipeline,
    private readonly lifecycle: DocumentLifecycle,
    private readonly commit: PageCommit,
    private readonly queue: RunQueue,
  ) {}

  /** A page of a lane: its checkpoint and ledger commit with its last rows. */
  async write(
    sync: SyncRun,
    partition: Partition,
    lane: LaneDefinition,
    page: Page,
    ledger: LaneLedger,
  ): Promise<void> {
    ledger.advance(page);
    await this.store(sync, page, ledger.seen, (tx, totals) =>
      this.commit.progress(tx, sync, { partition, lane, page, ledger }, totals),
    );
  }

  /** Documents read one by one; they prove nothing about any listing. */
  async writeRefs(sync: SyncRun, page: ListedItems): Promise<void> {
    await this.store(sync, page, new SeenBitmap(), (tx, totals) =>
      this.commit.counts(tx, sync, totals),
    );
  }

  private async store(
    sync: SyncRun,
    page: ListedItems,
    seen: SeenBitmap,
    commitWith: (tx: EntityManager, totals: RunCounts) => Promise<void>,
  ): Promise<void> {
    const judged = await this.judge.judge(sync, page);
    for (const document of judged.met) seen.add(document.seq);
    const findings = this.findings(judged, page);
    let totals = sync.counts;
    const hooks: CommitHooks = {
      fence: (tx) => this.queue.fence(tx, sync.run),
      finish: async (tx, written) => {
        totals = withPage(sync.counts, page, judged, findings, written);
        await this.lifecycle.relabel(tx, sync.tenant, sync.target, findings.relabelled);
        await this.commit.tombstones(tx, sync, judged.tombstones);
        await this.commit.failures(tx, sync, findings, judged.postponed);
        await commitWith(tx, totals);
      },
    };
    const changed = this.changes.of(sync, judged, seen, findings);
    await sync.timed('write', () =>
      this.pipeline.write(sync.tenant, sync.target, changed, hooks, sync.signal),
    );
    sync.counts = totals;
  }

  private findings(judged: JudgedPage, page: ListedItems): PageFindings {
    return {
      relabelled: judged.relabelled.map((document) => relabelled(document, document.known!)),
      failures: page.failures.map((failure) =>
        this.reader.failure(
          { ...failure, version: null },
          failure.stage,
          failure.code,
          failure.message,
        ),
      ),
      read: [],
      created: 0,
      updated: 0,
      moved: 0,
      vanished: 0,
    };
  }
}

/** The run's totals with one more page; pure, because a transaction may be repeated. */
function withPage(
  before: RunCounts,
  page: ListedItems,
  judged: JudgedPage,
  findings: PageFindings,
  written: WriteCounts,
): RunCounts {
  const restored = judged.relabelled.filter(
    ({ known }) => known!.state === 'deleted' || known!.state === 'lost_access',
  ).length;
  const skipped = { ...before.skipped };
  const reasons = { ...page.skipped, suppressed: judged.suppressed, vanished: findings.vanished };
  for (const [reason, n] of Object.entries(reasons))
    if (n > 0) skipped[reason] = (skipped[reason] ?? 0) + n;
  return {
    ...before,
    skipped,
    listed: before.listed + page.documents.length + page.failures.length,
    created: before.created + findings.created,
    moved: before.moved + findings.moved,
    restored: before.restored + restored,
    updated: before.updated + findings.updated + findings.relabelled.length - restored,
    unchanged: before.unchanged + judged.unchanged.length,
    deleted: before.deleted + judged.tombstones.length,
    failed: before.failed + findings.failures.length + judged.postponed.length,
    chunks: before.chunks + written.chunks,
    embedded: before.embedded + written.embedded,
    embeddings_saved: before.embeddings_saved + written.embeddingsSaved,
  };
}
