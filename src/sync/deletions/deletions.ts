import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CreatedRange } from '../../../connectors/sdk/contract.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { waitBriefly } from '../../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import { Metrics } from '../../metrics/metrics.js';
import { RunQueue } from '../../runs/run-queue.js';
import { LedgerRepository, type Unseen } from '../engine/ledger.repository.js';
import type { SeenBitmap } from '../engine/seen-bitmap.js';
import type { SyncRun } from '../engine/sync-run.js';
import { holdsDeletions } from './hold-rule.js';
import { Suspects } from './suspects.js';
import { VerifyBatch } from './verify-batch.js';

/**
 * Deletes only what is proven: a listing that is proven whole did not see it, and the source,
 * asked about that very document, says that it is gone. A mass deletion is held, still searchable,
 * for a person. Every batch commits, so a review that is cut short goes on where it stopped.
 */
@Injectable()
export class Deletions {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledger: LedgerRepository,
    private readonly suspects: Suspects,
    private readonly queue: RunQueue,
    private readonly metrics: Metrics,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Reviews what a run has not seen of what it knows everything of. A document becomes a suspect by
   * the word of the source, so whoever confirms a held deletion confirms nothing unproven.
   * @param provenOf the times of creation of which the run knows everything, by partition
   * @returns whether any are held for confirmation
   */
  async review(
    sync: SyncRun,
    provenOf: (partition: string) => readonly CreatedRange[],
    seen: SeenBitmap,
  ): Promise<boolean> {
    const { tenant, target } = sync;
    const unseen: Unseen = { seen: seen.toBuffer(), since: sync.run.started_at! };
    const candidates = await this.database.inTenant(tenant, (tx) =>
      this.ledger.partitionsWithUnseen(tx, tenant, target.connection, unseen),
    );
    for (const partition of candidates) {
      const ranges = provenOf(partition);
      if (ranges.length > 0) await this.verify(sync, unseen, partition, ranges);
    }
    for (const partition of await this.released(sync, unseen.since))
      await this.hide(sync, { partition, since: unseen.since });
    return this.hold(sync);
  }

  private async verify(
    sync: SyncRun,
    unseen: Unseen,
    partition: string,
    ranges: readonly CreatedRange[],
  ): Promise<void> {
    const { tenant, target } = sync;
    const batch = new VerifyBatch(sync.counts.rate_limited > 0);
    for (let afterSeq = -1; ;) {
      const page = { partition, ranges, afterSeq, limit: batch.next() };
      const documents = await this.database.inTenant(tenant, (tx) =>
        this.ledger.unseen(tx, tenant, target.connection, unseen, page),
      );
      if (documents.length === 0) return;
      afterSeq = documents.at(-1)!.seq;
      sync.signal.throwIfAborted();
      const verdicts = await sync.timed('verify', () =>
        sync.connector.verify(sync.context, documents),
      );
      const stateOf = new Map(verdicts.map(({ externalId, state }) => [externalId, state]));
      const judged = documents.map(({ id, externalId }) => ({
        id,
        verdict: stateOf.get(externalId) ?? null,
      }));
      await this.ahead(sync, async (tx) => {
        await this.queue.judge(tx, sync.run);
        await this.ledger.saveVerdicts(tx, tenant, judged);
      });
      await sync.pageCommitted();
    }
  }

  /** Partitions whose suspects of this run may be hidden without asking a person. */
  private async released(sync: SyncRun, since: Date): Promise<string[]> {
    const { tenant, target } = sync;
    const { live, suspects } = await this.database.inTenant(tenant, async (tx) => ({
      live: await this.ledger.countLive(tx, tenant, target.connection),
      suspects: await this.ledger.countSuspects(tx, tenant, target.connection, since),
    }));
    const losses = new Map(
      suspects.map(({ partition, fresh, earlier }) => [partition, fresh + earlier]),
    );
    const held = holdsDeletions(losses, live);
    return suspects
      .filter(({ partition, fresh }) => fresh > 0 && !held.has(partition))
      .map(({ partition }) => partition);
  }

  private async hide(sync: SyncRun, of: { partition: string; since: Date }): Promise<void> {
    const { tenant, target, counts } = sync;
    for (;;) {
      await waitBriefly(this.index, sync.signal);
      const totals = await this.fenced(sync, async (tx) => {
        const hidden = await this.suspects.hide(tx, tenant, target.connection, of);
        if (hidden.deleted + hidden.lost_access === 0) return undefined;
        const totals = {
          deleted: counts.deleted + hidden.deleted,
          lost_access: counts.lost_access + hidden.lost_access,
        };
        await this.queue.fence(tx, sync.run, sync.report(totals, counts.listed));
        return totals;
      });
      if (!totals) return;
      const before = counts.deleted + counts.lost_access;
      const deleted = totals.deleted + totals.lost_access - before;
      this.metrics.documentsSettled(sync.run.provider, { deleted });
      Object.assign(counts, totals);
    }
  }

  /** What is left of the suspects waits, those of earlier runs included. */
  private async hold(sync: SyncRun): Promise<boolean> {
    const { tenant, target } = sync;
    return this.fenced(sync, async (tx) => {
      const since = sync.context.clock.now();
      const left = await this.ledger.countSuspects(tx, tenant, target.connection, since);
      const count = left.reduce((sum, { fresh, earlier }) => sum + fresh + earlier, 0);
      const partitions = left.map(({ partition }) => partition);
      const held = count > 0 ? { count, partitions, since: since.toISOString() } : null;
      await this.queue.hold(tx, sync.run, held);
      return held !== null;
    });
  }

  /** A commit that gets the run ahead, so that a long review is not given up in its middle. */
  private ahead<T>(sync: SyncRun, work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run, sync.report({}, sync.counts.listed));
      return work(tx);
    });
  }

  private fenced<T>(sync: SyncRun, work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      return work(tx);
    });
  }
}
