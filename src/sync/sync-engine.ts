import { Injectable } from '@nestjs/common';
import type { Checkpoint, CreatedRange, Page, Partition } from '../../connectors/sdk/contract.js';
import { RateLimitedError, TransientSourceError } from '../../connectors/sdk/errors.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { prefetch } from '../remember/prefetch.js';
import { RunQueue } from '../runs/run-queue.js';
import type { HeldDeletions } from '../runs/run-row.js';
import { CheckpointsRepository, type LaneState } from './checkpoints.repository.js';
import { Deletions } from './deletions.js';
import { MAX_UPSTREAM_ATTEMPTS } from './error-policy.js';
import { FailuresRepository } from './failures.repository.js';
import { idsOf } from './items-in-flight.js';
import type { LaneLedger } from './lane-ledger.js';
import { ListingError, ListingTrouble } from './listing-trouble.js';
import { LanePage, type PageSource } from './page-source.js';
import { PageWriter, type CommitStep } from './page-writer.js';
import { PendingRefs } from './pending-refs.js';
import { coversEverything, EVERYTHING } from './proven-ranges.js';
import { RunLedgers } from './run-ledgers.js';
import type { SyncRun } from './sync-run.js';

/**
 * Chunks that may wait, prepared, for their transaction: more than a page, so that the database
 * does not stand still while the first documents of the next page are read and embedded.
 */
const CHUNKS_AHEAD = 800;

export interface SyncOutcome {
  readonly state: 'success' | 'partial';
  readonly held: HeldDeletions | null;
}

/** A listing ended by itself: what is known of it now is all that this run will know. */
interface LaneEnd {
  readonly ended: LaneLedger;
}

/** What one attempt works with. */
interface Attempt {
  readonly ledgers: RunLedgers;
  readonly partitions: readonly Partition[];
  /** Where lanes go on, by `lane\npartition`. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly trouble: ListingTrouble;
  /** Pages that it got. */
  pages: number;
  /** Its time was over before everything was listed. */
  isCutShort: boolean;
  /** Single documents are not asked for any more before the end, since the source refused one. */
  refsRefused: boolean;
}

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
    private readonly failures: FailuresRepository,
    private readonly pages: PageWriter,
    private readonly pending: PendingRefs,
    private readonly deletions: Deletions,
    private readonly queue: RunQueue,
  ) {}

  async execute(sync: SyncRun): Promise<SyncOutcome> {
    if (!isTurnOfLanes(sync)) await this.pending.drain(sync);
    const attempt = await this.begin(sync);
    const steps = this.steps(sync, attempt);
    const ahead = Math.ceil(CHUNKS_AHEAD / this.database.writeBatch);
    for await (const step of prefetch(steps, ahead)) await this.commit(sync, attempt, step);
    if (attempt.isCutShort) await sync.pageCommitted();
    if (!isTurnOfLanes(sync)) await this.pending.drain(sync);
    await this.settleUnwell(sync, attempt);
    await this.closeUnfinished(sync, attempt);
    sync.partition = null;
    const provenOf = this.proofs(sync, attempt);
    const held = await this.deletions.review(sync, provenOf, attempt.ledgers.seen());
    if (isTurnOfLanes(sync)) await this.pending.drain(sync);
    await this.closeFailures(sync, attempt, provenOf);
    const { trouble } = attempt;
    if (trouble.bug) throw trouble.bug;
    const isPartial = held || sync.counts.failed > 0 || hasGap(attempt);
    return { state: isPartial ? 'partial' : 'success', held };
  }

  private async begin(sync: SyncRun): Promise<Attempt> {
    const { tenant, connector, target, run } = sync;
    const { states, stored } = await this.database.inTenant(tenant, async (tx) => ({
      states: await this.checkpoints.lanes(tx, run.id),
      stored: await this.checkpoints.checkpoints(tx, target.connection, connector.lanes),
    }));
    const partitions = await this.partitions(sync);
    sync.willRead(partitions, announced(states));
    return {
      ledgers: new RunLedgers(connector.lanes, states),
      partitions,
      checkpoints: new Map(
        stored.map(({ partition, lane, value }) => [placeOf(lane, partition), value]),
      ),
      trouble: new ListingTrouble(),
      pages: 0,
      isCutShort: false,
      refsRefused: false,
    };
  }

  private async partitions(sync: SyncRun): Promise<Partition[]> {
    const only = sync.run.options.partition;
    const partitions: Partition[] = [];
    await sync.timed('list', async () => {
      for await (const partition of sync.connector.partitions(sync.context))
        partitions.push(partition);
    });
    // All of them, also for a run of one: they say which ones may be asked for.
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      await this.checkpoints.savePartitions(tx, sync.target.connection, partitions);
    });
    return partitions.filter(({ key }) => only === undefined || key === only);
  }

  /**
   * Everything there is to commit, in order; preparing runs ahead, across pages and partitions.
   * Lanes are outermost, so that a quick one has been everywhere before a long one begins.
   */
  private async *steps(sync: SyncRun, attempt: Attempt): AsyncGenerator<CommitStep | LaneEnd> {
    const { ledgers, partitions, trouble } = attempt;
    for (const lane of sync.connector.lanes) {
      for (const partition of partitions) {
        if (partition.skipReason) continue;
        const ledger = ledgers.of(partition, lane);
        if (ledger.finished) continue;
        if (await isOver(sync, attempt)) return;
        try {
          for await (const page of prefetch(this.pull(sync, partition, ledger, attempt)))
            if ('ended' in page) yield page;
            else yield* this.prepare(sync, page);
          trouble.passed();
        } catch (error) {
          if (!(error instanceof ListingError)) throw error;
          trouble.take(ledger, error.cause);
        }
      }
    }
  }

  private async *prepare(sync: SyncRun, page: PageSource): AsyncGenerator<CommitStep> {
    // Released when the page commits; one that cannot be prepared ends the attempt.
    await sync.inFlight.take(idsOf(page.items));
    yield* this.pages.prepare(sync, page);
  }

  private async commit(sync: SyncRun, attempt: Attempt, step: CommitStep | LaneEnd): Promise<void> {
    try {
      if ('ended' in step) return await this.end(sync, step.ended);
      await this.pages.commit(sync, step);
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

  private async *pull(
    sync: SyncRun,
    partition: Partition,
    ledger: LaneLedger,
    attempt: Attempt,
  ): AsyncGenerator<PageSource | LaneEnd> {
    const { lane } = ledger;
    const checkpoint = startingPoint(sync, ledger, attempt);
    const listing = sync.connector.pull(sync.context, partition, lane.name, checkpoint);
    const pages = listing[Symbol.asyncIterator]();
    try {
      for (let last: Page | undefined; ;) {
        // Its last page is known by what it says; else only the next call tells that it has ended.
        const isLast = last !== undefined && (last.complete || last.gapReason !== undefined);
        const isTimeUp = !isLast && (await isOver(sync, attempt));
        const page = await sync
          .timed('list', () => pages.next())
          .catch((error: unknown) => {
            sync.signal.throwIfAborted();
            throw new ListingError(error);
          });
        if (page.done) {
          if (!last?.complete) yield { ended: ledger };
          return;
        }
        // Listed once more by whoever goes on from the checkpoint.
        if (isTimeUp) return;
        attempt.pages += 1;
        last = page.value;
        yield new LanePage(this.checkpoints, lane, ledger, last);
      }
    } finally {
      await pages.return?.();
    }
  }

  /**
   * Another attempt tries listings that could not be read again. When that has led nowhere for
   * long, they stay incomplete and the run ends with what the other ones had.
   * @throws TransientSourceError
   */
  private async settleUnwell(sync: SyncRun, { ledgers, trouble }: Attempt): Promise<void> {
    const [error] = trouble.unwell.values();
    if (!error) return;
    const attempts = await this.database.inTenant(sync.tenant, (tx) =>
      this.queue.attemptsWithoutProgress(tx, sync.run),
    );
    const isOneWell = ledgers.all().some((ledger) => ledger.finished);
    if (attempts < MAX_UPSTREAM_ATTEMPTS || !isOneWell) throw error;
  }

  /** Listings that broke, or of partitions that are not listed any more. */
  private async closeUnfinished(sync: SyncRun, { ledgers, trouble }: Attempt): Promise<void> {
    const open = ledgers.all().filter((ledger) => !ledger.finished);
    if (open.length === 0) return;
    for (const ledger of open) {
      const error = trouble.of(ledger);
      if (error) ledger.giveUp(error.message);
      else ledger.ended();
    }
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      for (const ledger of open) await this.checkpoints.saveLane(tx, sync.run.id, ledger.toState());
    });
  }

  /**
   * What this run knows everything of: what its lanes have proven, and partitions that a full
   * `partitions()` listing no longer has (swept empty).
   */
  private proofs(
    sync: SyncRun,
    { ledgers, partitions }: Attempt,
  ): (partition: string) => readonly CreatedRange[] {
    const inReach = partitions.filter(({ outOfReach }) => !outOfReach);
    const listed = new Set(inReach.map(({ key }) => key));
    const proven = ledgers.provenRanges();
    const isWhole = sync.run.options.partition === undefined;
    return (partition) => {
      if (listed.has(partition)) return proven.get(partition) ?? [];
      return isWhole ? [EVERYTHING] : [];
    };
  }

  /** Failures of documents that are gone end with them; the others are counted, each one once. */
  private async closeFailures(
    sync: SyncRun,
    { partitions }: Attempt,
    provenOf: (partition: string) => readonly CreatedRange[],
  ): Promise<void> {
    const since = sync.run.started_at!;
    const { connection } = sync.target;
    const keys = partitions.map(({ key }) => key);
    const whole = keys.filter((key) => coversEverything(provenOf(key)));
    const listed = sync.run.options.partition === undefined ? keys : null;
    sync.counts.failed = await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      await this.failures.resolveUnmet(tx, connection, whole, listed, since);
      return this.failures.countMet(tx, connection, since);
    });
  }
}

/**
 * A sweep starts from nothing in a new run and continues in another attempt of the same run; a feed
 * continues from run to run, unless everything is to be read again.
 */
function startingPoint(
  sync: SyncRun,
  ledger: LaneLedger,
  { ledgers, checkpoints }: Attempt,
): Checkpoint | null {
  const startsAnew = ledger.lane.kind === 'sweep' || sync.run.options.full === true;
  if (startsAnew && !ledgers.isResumed(ledger)) return null;
  return checkpoints.get(placeOf(ledger.lane.name, ledger.partition)) ?? null;
}

/** How many items earlier attempts were told that partitions hold. */
function announced(states: readonly LaneState[]): Map<string, number> {
  return new Map(
    states.flatMap(({ partition, counts: { expected } }) =>
      expected === undefined ? [] : [[partition, expected]],
    ),
  );
}

/** A listing broke, or is not complete for a reason that is not planned. */
function hasGap({ ledgers, trouble }: Attempt): boolean {
  if (trouble.unwell.size > 0 || trouble.broken.size > 0) return true;
  return ledgers.all().some((ledger) => ledger.hasGap);
}

/**
 * Single documents come first. Where the source lets a run do little at a time, lanes and single
 * documents take turns, or a stream of events would keep the lanes waiting for ever.
 */
function isTurnOfLanes({ run, counts }: SyncRun): boolean {
  return counts.rate_limited > 0 && run.attempt % 2 === 0;
}

/**
 * Whether no further page is to be begun. An attempt that got none would lead nowhere, however
 * short its time is.
 */
async function isOver(sync: SyncRun, attempt: Attempt): Promise<boolean> {
  attempt.isCutShort ||= attempt.pages > 0 && (await sync.isSliceOver());
  return attempt.isCutShort;
}

const placeOf = (lane: string, partition: string): string => `${lane}\n${partition}`;
