import type { EntityManager } from 'typeorm';
import type { LaneDefinition, Page } from '../../../connectors/sdk/contract.js';
import { together } from '../../database/together.js';
import type { CheckpointsRepository } from '../engine/checkpoints.repository.js';
import type { LaneLedger } from '../engine/lane-ledger.js';
import type { SyncRun } from '../engine/sync-run.js';
import type { ListedItems } from './page-judge.js';

/** Where a page comes from, and what is to be remembered about that when it commits. */
export interface PageSource {
  readonly items: ListedItems;
  /** Says in the run's progress where it stands; called when each transaction's turn comes. */
  announce(sync: SyncRun): void;
  /** Called once, when the turn of its last transaction comes, with the sequence numbers it met. */
  advance(seen: readonly number[]): void;
  save(tx: EntityManager, sync: SyncRun): Promise<void>;
}

/** A page of a lane: checkpoint and ledger commit with its last rows. */
export class LanePage implements PageSource {
  constructor(
    private readonly checkpoints: CheckpointsRepository,
    private readonly lane: LaneDefinition,
    private readonly ledger: LaneLedger,
    readonly items: Page,
  ) {}

  announce(sync: SyncRun): void {
    const { partition, title } = this.ledger;
    sync.partition = title;
    sync.expect(partition, this.items.expected);
  }

  advance(seen: readonly number[]): void {
    for (const seq of seen) this.ledger.seen.add(seq);
    this.ledger.advance(this.items);
  }

  async save(tx: EntityManager, sync: SyncRun): Promise<void> {
    const { connection } = sync.target;
    const { partition, finished } = this.ledger;
    const { lane, checkpoints } = this;
    await together(
      () =>
        lane.kind === 'sweep' && finished
          ? checkpoints.clearCheckpoint(tx, connection, partition, lane.name)
          : checkpoints.saveCheckpoint(tx, connection, partition, lane, this.items.checkpoint),
      () => checkpoints.saveLane(tx, sync.run.id, this.ledger.toState()),
    );
  }
}

/** Documents read one by one; they prove nothing about any listing. */
export class SingleItems implements PageSource {
  constructor(readonly items: ListedItems) {}

  announce(): void {
    // They come in between, whatever the run is listing.
  }

  advance(): void {
    // No ledger.
  }

  save(): Promise<void> {
    return Promise.resolve();
  }
}
