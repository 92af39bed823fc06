import { Injectable } from '@nestjs/common';
import type { Partition } from '../../../connectors/sdk/contract.js';
import { RateLimitedError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { prefetch } from '../../remember/prefetch.js';
import { RunQueue } from '../../runs/run-queue.js';
import { Deletions } from '../deletions/deletions.js';
import { idsOf } from '../pages/items-in-flight.js';
import { PageWriter, type CommitStep } from '../pages/page-writer.js';
import { PendingRefs } from '../pending-refs/pending-refs.js';
import { Attempt } from './attempt.js';
import { CheckpointsRepository, type LaneState } from './checkpoints.repository.js';
import type { LaneLedger } from './lane-ledger.js';
import { LaneListings, type LaneEnd } from './lane-listings.js';
import { RunClosing } from './run-closing.js';
import { RunLedgers } from './run-ledgers.js';
import type { SyncRun } from './sync-run.js';

/**
 * Chunks that may wait, prepared, for their transaction: more than a page, so that the database
 * does not stand still while the first documents of the next page are read and embedded.
 */
const CHUNKS_AHEAD = 800;

/**
 * One run: lane after lane, each over all partitions from its checkpoints on, page by page; then,
 * for what was proven complete, the deletions. Errors that are not about one document or one
 * listing are thrown to the worker.
 */
@Injectable()
export class SyncEngine {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly checkpoints: CheckpointsRepository,
    private readonly listings: LaneListings,
    private readonly pages: PageWriter,
    private readonly pending: PendingRefs,
    private readonly deletions: Deletions,
    private readonly closing: RunClosing,
    private readonly queue: RunQueue,
  ) {}

  async execute(sync: SyncRun): Promise<'success' | 'partial'> {
    if (!isTurnOfLanes(sync)) await this.pending.drain(sync);
    const attempt = await this.begin(sync);
    await this.list(sync, attempt);
    if (attempt.isCutShort) await sync.pageCommitted();
    if (!isTurnOfLanes(sync)) await this.pending.drain(sync);
    await this.closing.ofListings(sync, attempt);
    sync.partition = null;
    const provenOf = attempt.proofs(sync);
    const isHeld = await this.deletions.review(sync, provenOf, attempt.ledgers.seen());
    if (isTurnOfLanes(sync)) await this.pending.drain(sync);
    await this.closing.ofFailures(sync, attempt, provenOf);
    const { trouble } = attempt;
    if (trouble.bug) throw trouble.bug;
    const isPartial = isHeld || sync.counts.failed > 0 || attempt.hasGap;
    return isPartial ? 'partial' : 'success';
  }

  private async begin(sync: SyncRun): Promise<Attempt> {
    const { tenant, connector, target, run } = sync;
    const { states, stored } = await this.database.inTenant(tenant, async (tx) => ({
      states: await this.checkpoints.lanes(tx, run.id),
      stored: await this.checkpoints.checkpoints(tx, target.connection, connector.lanes),
    }));
    const partitions = await this.partitions(sync);
    sync.willRead(partitions, announced(states));
    return new Attempt(new RunLedgers(connector.lanes, states), partitions, stored);
  }

  private async partitions(sync: SyncRun): Promise<Partition[]> {
    const only = sync.run.options.partition;
    const partitions: Partition[] = [];
    await sync.timed('list', async () => {
      for await (const partition of sync.connector.partitions(sync.context))
        partitions.push(partition);
    });
    const wanted = partitions.filter(({ key }) => only === undefined || key === only);
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      // All of them, also for a run of one: they say which ones may be asked for.
      await this.checkpoints.savePartitions(tx, sync.target.connection, partitions);
      await this.checkpoints.saveSkipped(tx, sync.run.id, wanted);
    });
    return wanted;
  }

  private async list(sync: SyncRun, attempt: Attempt): Promise<void> {
    try {
      await this.commitInOrder(sync, attempt);
    } catch (error) {
      // A commit that failed may have left ledgers ahead of what is stored: they are not saved.
      if (attempt.trouble.hasEnded(error)) await this.closing.settleUnwell(sync, attempt);
      throw error;
    }
  }

  /** At most two are under way, and none any more when this ends, by an error or without one. */
  private async commitInOrder(sync: SyncRun, attempt: Attempt): Promise<void> {
    const steps = this.listings.steps(sync, attempt);
    const ahead = Math.ceil(CHUNKS_AHEAD / this.database.writeBatch);
    let last = Promise.resolve();
    try {
      for await (const step of prefetch(steps, ahead)) {
        const before = last;
        last = this.commit(sync, attempt, step, before);
        last.catch(() => undefined); // awaited below
        await before;
      }
    } finally {
      await last;
    }
  }

  private async commit(
    sync: SyncRun,
    attempt: Attempt,
    step: CommitStep | LaneEnd,
    before: Promise<void>,
  ): Promise<void> {
    try {
      if ('ended' in step) {
        await before;
        return await this.end(sync, step.ended);
      }
      await this.pages.commit(sync, step, before);
      if (!step.found) return;
      sync.inFlight.release(idsOf(step.source.items));
      await this.drainBetween(sync, attempt);
    } catch (error) {
      sync.inFlight.stop();
      throw error;
    }
  }

  /** So that no later attempt of this run begins the listing again. */
  private async end(sync: SyncRun, ledger: LaneLedger): Promise<void> {
    sync.signal.throwIfAborted();
    ledger.ended();
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run, sync.report({}, sync.counts.listed));
      await this.checkpoints.saveLane(tx, sync.run.id, ledger.toState());
    });
  }

  /** Pages that are prepared already are not lost because a single document must wait. */
  private async drainBetween(sync: SyncRun, attempt: Attempt): Promise<void> {
    if (attempt.refsRefused) return;
    try {
      await this.pending.drain(sync);
    } catch (error) {
      const isPause = error instanceof RateLimitedError || error instanceof TransientSourceError;
      if (!isPause) throw error;
      attempt.refsRefused = true;
    }
  }
}

/** How many items earlier attempts were told that partitions hold. */
function announced(states: readonly LaneState[]): Map<string, number> {
  return new Map(
    states.flatMap(({ partition, counts: { expected } }) =>
      expected === undefined ? [] : [[partition, expected]],
    ),
  );
}

/**
 * Single documents come first. Where the source lets a run do little at a time, lanes and single
 * documents take turns, or a stream of events would keep the lanes waiting for ever.
 */
function isTurnOfLanes({ run, counts }: SyncRun): boolean {
  return counts.rate_limited > 0 && run.attempt % 2 === 0;
}
