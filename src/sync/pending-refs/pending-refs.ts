import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../../common/clock.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import { RunQueue } from '../../runs/run-queue.js';
import { purgeTime } from '../deletions/retention.js';
import { LedgerRepository } from '../engine/ledger.repository.js';
import type { SyncRun } from '../engine/sync-run.js';
import { FailuresRepository } from '../failures/failures.repository.js';
import { SingleItems } from '../pages/page-source.js';
import { PageWriter } from '../pages/page-writer.js';
import { PendingRefsRepository, type PendingRef } from './pending-refs.repository.js';
import { RefReader, type ReadRefs } from './ref-reader.js';

const BATCH = 50;

/**
 * Single documents that someone waits for (a retry, an event): they are read before anything else
 * and at every page boundary, so they never stand behind a backfill; one that stands on a page that
 * is about to be committed is read after it.
 */
@Injectable()
export class PendingRefs {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly refs: PendingRefsRepository,
    private readonly reader: RefReader,
    private readonly pages: PageWriter,
    private readonly ledger: LedgerRepository,
    private readonly failures: FailuresRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly queue: RunQueue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws what concerns the whole source, once those that were read are settled */
  async drain(sync: SyncRun): Promise<void> {
    const { connection } = sync.target;
    for (;;) {
      const due = await this.database.inTenant(sync.tenant, (tx) =>
        this.refs.due(tx, connection, BATCH),
      );
      const free = sync.inFlight.takeFree(due);
      if (free.length === 0) return;
      try {
        await this.readAndSettle(sync, free);
      } finally {
        sync.inFlight.release(free.map(({ externalId }) => externalId));
      }
    }
  }

  private async readAndSettle(sync: SyncRun, refs: readonly PendingRef[]): Promise<void> {
    const found = await this.reader.read(sync, refs);
    const { documents, gone: tombstones, failures, stopped } = found;
    if (documents.length + tombstones.length + failures.length > 0) {
      const page = new SingleItems({ documents, tombstones, failures, skipped: {} });
      for await (const step of this.pages.prepare(sync, page)) await this.pages.commit(sync, step);
    }
    await this.settle(sync, refs, found);
    if (stopped) throw stopped.by;
  }

  private async settle(
    sync: SyncRun,
    refs: readonly PendingRef[],
    { gone, lostAccess, postponed, left, stopped }: ReadRefs,
  ): Promise<void> {
    const { tenant, target, run } = sync;
    const { connection } = target;
    const done = refs.filter((ref) => !postponed.includes(ref) && !left.includes(ref));
    const totals = await this.database.inTenant(tenant, async (tx) => {
      await this.queue.fence(tx, run);
      const hidden = await this.hideLost(tx, tenant, connection, lostAccess);
      const totals = { lost_access: sync.counts.lost_access + hidden };
      if (done.length > 0) await this.queue.fence(tx, run, sync.report(totals, sync.counts.listed));
      await this.failures.resolve(tx, connection, [...gone, ...lostAccess]);
      await this.refs.postpone(tx, connection, postponed);
      await this.refs.remove(tx, connection, done);
      if (stopped) await this.refs.toTheEnd(tx, connection, stopped.at.externalId);
      return totals;
    });
    Object.assign(sync.counts, totals);
  }

  private async hideLost(
    tx: EntityManager,
    tenant: string,
    connection: string,
    externalIds: readonly string[],
  ): Promise<number> {
    if (externalIds.length === 0) return 0;
    const known = await this.ledger.known(tx, tenant, connection, externalIds);
    const shown = known.filter(({ state }) => state !== 'deleted' && state !== 'lost_access');
    const ids = shown.map(({ id }) => id);
    await this.lifecycle.hide(tx, tenant, ids, 'lost_access', purgeTime(this.clock.now()));
    return ids.length;
  }
}
