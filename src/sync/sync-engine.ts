import { Injectable } from '@nestjs/common';
import type { Checkpoint, LaneDefinition, Partition } from '../../connectors/sdk/contract.js';
import { TransientSourceError } from '../../connectors/sdk/errors.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { prefetch } from '../remember/prefetch.js';
import { RunQueue } from '../runs/run-queue.js';
import type { HeldDeletions } from '../runs/run-row.js';
import { CheckpointsRepository } from './checkpoints.repository.js';
import { Deletions } from './deletions.js';
import { MAX_UPSTREAM_ATTEMPTS } from './error-policy.js';
import { FailuresRepository } from './failures.repository.js';
import { idsOf } from './items-in-flight.js';
import { LaneLedger } from './lane-ledger.js';
import { LedgerRepository } from './ledger.repository.js';
import { LanePage, type PageSource } from './page-source.js';
import { PageWriter, type CommitStep } from './page-writer.js';
import { PendingRefs } from './pending-refs.js';
import type { SyncRun } from './sync-run.js';

/** Transactions that may be prepared while one commits. */
const STEPS_AHEAD = 3;
/** So many partitions in a row that cannot be listed mean that the source as a whole is unwell. */
const MAX_UNWELL_IN_A_ROW = 3;

export interface SyncOutcome {
  readonly state: 'success' | 'partial';
  readonly held: HeldDeletions | null;
}

/**
 * One run: every lane of every partition from its checkpoint on, page by page; then, for what was
 * proven complete, the deletions. Errors that are not about one document are thrown to the worker.
 */
@Injectable()
export class SyncEngine {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledgers: LedgerRepository,
    private readonly checkpoints: CheckpointsRepository,
    private readonly failures: FailuresRepository,
    private readonly pages: PageWriter,
    private readonly pending: PendingRefs,
    private readonly deletions: Deletions,
    private readonly queue: RunQueue,
  ) {}

  async execute(sync: SyncRun): Promise<SyncOutcome> {
    const ledgers = await this.storedLedgers(sync);
    await this.pending.drain(sync);
    const partitions = await this.partitions(sync);
    const unwell = new Map<string, TransientSourceError>();
    const steps = this.steps(sync, partitions, ledgers, unwell);
    for await (const step of prefetch(steps, STEPS_AHEAD)) await this.commit(sync, step);
    await this.pending.drain(sync);
    await this.settleUnwell(sync, ledgers, unwell);
    await this.closeUnfinished(sync, ledgers);
    const listed = new Set(partitions.map((partition) => partition.key));
    sync.partition = null;
    const swept = await this.provenComplete(sync, listed, ledgers);
    const held = await this.deletions.review(sync, swept);
    await this.closeFailures(sync, swept);
    const gaps = [...ledgers.values()].some(
      (ledger) => !ledger.complete && this.isSweep(sync, ledger),
    );
    return { state: gaps || sync.counts.failed > 0 || held ? 'partial' : 'success', held };
  }

  private async storedLedgers(sync: SyncRun): Promise<Map<string, LaneLedger>> {
    const states = await this.database.inTenant(sync.tenant, (tx) =>
      this.checkpoints.lanes(tx, sync.run.id),
    );
    return new Map(
      states.map((state) => [
        ledgerKey(state.partition, state.lane),
        new LaneLedger(state.partition, state.lane, state.title, state),
      ]),
    );
  }

  private async partitions(sync: SyncRun): Promise<Partition[]> {
    const only = sync.run.options.partition;
    const partitions: Partition[] = [];
    await sync.timed('list', async () => {
      for await (const partition of sync.connector.partitions(sync.context))
        if (only === undefined || partition.key === only) partitions.push(partition);
    });
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      for (const partition of partitions)
        await this.checkpoints.savePartition(tx, sync.target.connection, partition);
    });
    return partitions;
  }

  /**
   * Everything there is to commit, in order; preparing runs ahead, across pages and partitions. A
   * partition that cannot be listed now does not keep the others waiting.
   * @param unwell filled with those partitions
   */
  private async *steps(
    sync: SyncRun,
    partitions: readonly Partition[],
    ledgers: Map<string, LaneLedger>,
    unwell: Map<string, TransientSourceError>,
  ): AsyncGenerator<CommitStep> {
    let inARow = 0;
    for (const partition of partitions) {
      if (partition.skipReason) continue;
      try {
        for (const lane of sync.connector.lanes)
          for await (const page of prefetch(this.pull(sync, partition, lane, ledgers)))
            yield* this.prepare(sync, page);
        inARow = 0;
      } catch (error) {
        const isOfPartition =
          error instanceof TransientSourceError && error.retryAfterSeconds === undefined;
        inARow += 1;
        if (!isOfPartition || inARow === MAX_UNWELL_IN_A_ROW) throw error;
        unwell.set(partition.key, error);
      }
    }
  }

  private async *prepare(sync: SyncRun, page: PageSource): AsyncGenerator<CommitStep> {
    const ids = idsOf(page.items);
    await sync.inFlight.take(ids);
    try {
      yield* this.pages.prepare(sync, page);
    } catch (error) {
      sync.inFlight.release(ids);
      throw error;
    }
  }

  private async commit(sync: SyncRun, step: CommitStep): Promise<void> {
    try {
      await this.pages.commit(sync, step);
      if (!step.found) return;
      sync.inFlight.release(idsOf(step.source.items));
      await this.pending.drain(sync);
    } catch (error) {
      sync.inFlight.stop();
      throw error;
    }
  }

  /**
   * Another attempt tries partitions that could not be listed again. When that has led nowhere for
   * long, they stay incomplete and the run ends with what the other ones had.
   * @throws TransientSourceError
   */
  private async settleUnwell(
    sync: SyncRun,
    ledgers: ReadonlyMap<string, LaneLedger>,
    unwell: ReadonlyMap<string, TransientSourceError>,
  ): Promise<void> {
    const [error] = unwell.values();
    if (!error) return;
    const attempts = await this.database.inTenant(sync.tenant, (tx) =>
      this.queue.attemptsWithoutProgress(tx, sync.run),
    );
    const isOneWell = [...ledgers.values()].some((ledger) => ledger.complete);
    if (attempts < MAX_UPSTREAM_ATTEMPTS || !isOneWell) throw error;
    for (const ledger of ledgers.values())
      if (!ledger.finished) ledger.gapReason ??= unwell.get(ledger.partition)?.message ?? null;
  }

  private async *pull(
    sync: SyncRun,
    partition: Partition,
    lane: LaneDefinition,
    ledgers: Map<string, LaneLedger>,
  ): AsyncGenerator<PageSource> {
    const key = ledgerKey(partition.key, lane.name);
    const stored = ledgers.get(key);
    if (stored?.finished) return;
    const ledger = stored ?? new LaneLedger(partition.key, lane.name, partition.title);
    ledgers.set(key, ledger);
    const checkpoint = await this.startingPoint(sync, partition, lane, stored !== undefined);
    const listing = sync.connector.pull(sync.context, partition, lane.name, checkpoint);
    const pages = listing[Symbol.asyncIterator]();
    try {
      for (;;) {
        const page = await sync.timed('list', () => pages.next());
        if (page.done) return;
        yield new LanePage(this.checkpoints, lane, ledger, page.value);
      }
    } finally {
      await pages.return?.();
    }
  }

  /** A listing that ended without its last page proves nothing. */
  private async closeUnfinished(
    sync: SyncRun,
    ledgers: ReadonlyMap<string, LaneLedger>,
  ): Promise<void> {
    for (const ledger of ledgers.values()) {
      if (ledger.finished) continue;
      ledger.giveUp(ledger.gapReason ?? 'the listing ended without its last page');
      await this.saveLedger(sync, ledger);
    }
  }

  /** A sweep starts from nothing in a new run and continues in another attempt of the same run. */
  private async startingPoint(
    sync: SyncRun,
    partition: Partition,
    lane: LaneDefinition,
    resumed: boolean,
  ): Promise<Checkpoint | null> {
    if (lane.kind === 'sweep' && !resumed) return null;
    const { connection } = sync.target;
    return this.database.inTenant(sync.tenant, (tx) =>
      this.checkpoints.checkpoint(tx, connection, partition.key, lane),
    );
  }

  private async saveLedger(sync: SyncRun, ledger: LaneLedger): Promise<void> {
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      await this.checkpoints.saveLane(tx, sync.run.id, ledger.toState(), ledger.counts);
    });
  }

  /**
   * Partitions about which this run knows everything: completely swept ones, and ones that a full
   * `partitions()` listing no longer has (swept empty).
   */
  private async provenComplete(
    sync: SyncRun,
    listed: ReadonlySet<string>,
    ledgers: ReadonlyMap<string, LaneLedger>,
  ): Promise<Map<string, LaneLedger>> {
    const swept = new Map<string, LaneLedger>();
    for (const ledger of ledgers.values())
      if (ledger.complete && this.isSweep(sync, ledger) && listed.has(ledger.partition))
        swept.set(ledger.partition, ledger);
    if (sync.run.options.partition !== undefined) return swept;
    const { tenant, target } = sync;
    const inUse = await this.database.inTenant(tenant, (tx) =>
      this.ledgers.partitionsInUse(tx, tenant, target.connection),
    );
    for (const key of inUse)
      if (!listed.has(key)) swept.set(key, new LaneLedger(key, 'absent', key));
    return swept;
  }

  private isSweep(sync: SyncRun, ledger: LaneLedger): boolean {
    return sync.connector.lanes.some(({ name, kind }) => name === ledger.lane && kind === 'sweep');
  }

  private async closeFailures(
    sync: SyncRun,
    swept: ReadonlyMap<string, LaneLedger>,
  ): Promise<void> {
    const since = sync.run.started_at!;
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      for (const partition of swept.keys())
        await this.failures.resolveUnmet(tx, sync.target.connection, partition, since);
    });
  }
}

function ledgerKey(partition: string, lane: string): string {
  return `${lane}\n${partition}`;
}
