import { Injectable } from '@nestjs/common';
import type { Verdict } from '../../connectors/sdk/contract.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { KnownDocument } from '../remember/document-row.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { slices } from '../remember/slices.js';
import { RunQueue } from '../runs/run-queue.js';
import type { HeldDeletions } from '../runs/run-row.js';
import { holdsDeletions } from './hold-rule.js';
import type { LaneLedger } from './lane-ledger.js';
import { LedgerRepository } from './ledger.repository.js';
import { purgeTime } from './retention.js';
import { SeenBitmap } from './seen-bitmap.js';
import type { SyncRun } from './sync-run.js';

const PAGE = 500;

/** What the source said about documents that a proven sweep did not see. */
interface Reviewed {
  readonly gone: KnownDocument[];
  readonly lostAccess: KnownDocument[];
}

/**
 * Deletes only what is proven: a complete sweep did not see it, and the source, asked about that
 * very document, says that it is gone. A mass deletion is held, still searchable, for a person.
 */
@Injectable()
export class Deletions {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledger: LedgerRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly queue: RunQueue,
  ) {}

  /**
   * Reviews the orphans of completely swept partitions. An orphan becomes a suspect by the word of
   * the source, so whoever confirms a held deletion confirms nothing unproven.
   * @returns what is held for confirmation, or null
   */
  async review(
    sync: SyncRun,
    swept: ReadonlyMap<string, LaneLedger>,
  ): Promise<HeldDeletions | null> {
    const { tenant, target } = sync;
    const live = await this.database.inTenant(tenant, (tx) =>
      this.ledger.countLive(tx, tenant, target.connection),
    );
    const reviewed = new Map<string, Reviewed>();
    for (const [partition, { seen }] of swept)
      reviewed.set(partition, await this.reviewPartition(sync, partition, seen));
    const losses = new Map(
      [...reviewed].map(([key, { gone, lostAccess }]) => [key, gone.length + lostAccess.length]),
    );
    const heldPartitions = holdsDeletions(losses, live);
    let held = 0;
    for (const [partition, found] of reviewed) {
      if (heldPartitions.has(partition)) held += losses.get(partition)!;
      else await this.hide(sync, found);
    }
    if (held === 0) return null;
    const since = sync.context.clock.now().toISOString();
    return { count: held, partitions: [...heldPartitions].sort(), since };
  }

  private async reviewPartition(
    sync: SyncRun,
    partition: string,
    seen: SeenBitmap,
  ): Promise<Reviewed> {
    const { tenant, target } = sync;
    const found: Reviewed = { gone: [], lostAccess: [] };
    const bitmap = seen.toBuffer();
    for (let afterSeq = 0; ;) {
      const page = { afterSeq, limit: PAGE };
      const unseen = await this.database.inTenant(tenant, (tx) =>
        this.ledger.unseen(tx, tenant, target.connection, partition, bitmap, page),
      );
      if (unseen.length === 0) return found;
      afterSeq = unseen.at(-1)!.seq;
      sync.signal.throwIfAborted();
      const verdicts = await sync.timed('verify', () =>
        sync.connector.verify(sync.context, unseen),
      );
      await this.settle(sync, unseen, verdicts, found);
    }
  }

  /** What is not there any more becomes a suspect and waits for the hold rule. */
  private async settle(
    sync: SyncRun,
    unseen: readonly KnownDocument[],
    verdicts: readonly Verdict[],
    found: Reviewed,
  ): Promise<void> {
    const stateOf = new Map(verdicts.map(({ externalId, state }) => [externalId, state]));
    const suspects: string[] = [];
    const cleared: string[] = [];
    for (const document of unseen) {
      const state = stateOf.get(document.externalId);
      if (state === 'gone') found.gone.push(document);
      else if (state === 'lost_access') found.lostAccess.push(document);
      const isProven = state === 'gone' || state === 'lost_access'; // no verdict is no proof
      if (isProven) suspects.push(document.id);
      else if (document.state === 'suspect') cleared.push(document.id);
    }
    const { tenant } = sync;
    await this.database.inTenant(tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      await this.lifecycle.mark(tx, tenant, suspects, 'suspect');
      await this.lifecycle.mark(tx, tenant, cleared, 'live');
    });
  }

  private async hide(sync: SyncRun, { gone, lostAccess }: Reviewed): Promise<void> {
    const { tenant } = sync;
    const purgeAt = purgeTime(sync.context.clock.now());
    const groups = [
      ['deleted', gone],
      ['lost_access', lostAccess],
    ] as const;
    for (const [state, documents] of groups) {
      for (const batch of slices(documents, PAGE)) {
        const ids = batch.map((document) => document.id);
        await this.database.inTenant(tenant, async (tx) => {
          await this.queue.fence(tx, sync.run);
          await this.lifecycle.hide(tx, tenant, ids, state, purgeAt);
        });
      }
      sync.counts[state] += documents.length;
    }
  }
}
