import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LaneDefinition, Page, Partition } from '../../connectors/sdk/contract.js';
import type { KnownDocument } from '../remember/document-row.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { RunQueue } from '../runs/run-queue.js';
import type { RunCounts } from '../runs/run-row.js';
import { CheckpointsRepository } from './checkpoints.repository.js';
import type { PageFindings } from './content-changes.js';
import { FailuresRepository } from './failures.repository.js';
import type { LaneLedger } from './lane-ledger.js';
import { purgeTime } from './retention.js';
import type { SyncRun } from './sync-run.js';

/** What commits together with a page's last rows. */
@Injectable()
export class PageCommit {
  constructor(
    private readonly checkpoints: CheckpointsRepository,
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
    findings: PageFindings,
    postponed: readonly string[],
  ): Promise<void> {
    const { connection } = sync.target;
    await this.failureRows.record(tx, connection, findings.failures);
    await this.failureRows.resolve(tx, connection, findings.read);
    await this.failureRows.touch(tx, connection, postponed);
  }

  async progress(
    tx: EntityManager,
    sync: SyncRun,
    at: { partition: Partition; lane: LaneDefinition; page: Page; ledger: LaneLedger },
    counts: RunCounts,
  ): Promise<void> {
    const { partition, lane, page, ledger } = at;
    const { connection } = sync.target;
    if (lane.kind === 'sweep' && ledger.finished)
      await this.checkpoints.clearCheckpoint(tx, connection, partition.key, lane.name);
    else
      await this.checkpoints.saveCheckpoint(tx, connection, partition.key, lane, page.checkpoint);
    await this.checkpoints.saveLane(tx, sync.run.id, ledger.toState(), ledger.counts);
    await this.counts(tx, sync, counts);
  }

  async counts(tx: EntityManager, sync: SyncRun, counts: RunCounts): Promise<void> {
    const { timings, progress } = sync;
    await this.queue.report(tx, sync.run, { counts, timings, progress });
  }
}
