import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KnownDocument } from '../remember/document-row.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { RunQueue } from '../runs/run-queue.js';
import type { RunCounts } from '../runs/run-row.js';
import type { PageFindings } from './content-changes.js';
import { FailuresRepository } from './failures.repository.js';
import type { JudgedPage } from './page-judge.js';
import { purgeTime } from './retention.js';
import type { SyncRun } from './sync-run.js';

/** What commits together with a page's last rows. */
@Injectable()
export class PageCommit {
  constructor(
    private readonly failureRows: FailuresRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly queue: RunQueue,
  ) {}

  async tombstones(
    tx: EntityManager,
    sync: SyncRun,
    documents: readonly KnownDocument[],
  ): Promise<void> {
    const ids = documents.map((document) => document.id);
    const purgeAt = purgeTime(sync.context.clock.now());
    await this.lifecycle.hide(tx, sync.tenant, ids, 'deleted', purgeAt);
  }

  async failures(
    tx: EntityManager,
    sync: SyncRun,
    { open, postponed }: JudgedPage,
    { failures, read }: PageFindings,
  ): Promise<void> {
    const { connection } = sync.target;
    await this.failureRows.record(tx, connection, failures);
    const resolved = read.filter((externalId) => open.has(externalId));
    await this.failureRows.resolve(tx, connection, resolved);
    await this.failureRows.touch(tx, connection, postponed);
  }

  async counts(tx: EntityManager, sync: SyncRun, counts: RunCounts): Promise<void> {
    await this.report(tx, sync, counts, counts.listed);
  }

  /** Between the transactions of a large page, at most once a second: how far it has come. */
  async progress(tx: EntityManager, sync: SyncRun, documents: number): Promise<void> {
    if (!sync.mayReport()) return;
    await this.report(tx, sync, sync.counts, sync.counts.listed + documents);
  }

  private async report(
    tx: EntityManager,
    sync: SyncRun,
    counts: RunCounts,
    done: number,
  ): Promise<void> {
    const { timings } = sync;
    const progress = sync.progressAt(done);
    await this.queue.report(tx, sync.run, { counts, timings, progress });
  }
}
