import { Injectable } from '@nestjs/common';
import type { Page, Partition } from '../../../connectors/sdk/contract.js';
import { prefetch } from '../../remember/prefetch.js';
import { idsOf } from '../pages/items-in-flight.js';
import { LanePage, type PageSource } from '../pages/page-source.js';
import { PageWriter, type CommitStep } from '../pages/page-writer.js';
import type { Attempt } from './attempt.js';
import { CheckpointsRepository } from './checkpoints.repository.js';
import type { LaneLedger } from './lane-ledger.js';
import { ListingError } from './listing-trouble.js';
import type { SyncRun } from './sync-run.js';

/** A listing ended by itself: what is known of it now is all that this run will know. */
export interface LaneEnd {
  readonly ended: LaneLedger;
}

/** Lists what the lanes have, page by page, and prepares it for its transactions. */
@Injectable()
export class LaneListings {
  constructor(
    private readonly checkpoints: CheckpointsRepository,
    private readonly pages: PageWriter,
  ) {}

  /**
   * Everything there is to commit, in order; preparing runs ahead, across pages and partitions.
   * Lanes are outermost, so that a quick one has been everywhere before a long one begins.
   */
  async *steps(sync: SyncRun, attempt: Attempt): AsyncGenerator<CommitStep | LaneEnd> {
    for await (const page of prefetch(this.listed(sync, attempt)))
      if ('ended' in page) yield page;
      else yield* this.prepare(sync, page);
  }

  /** The next page, of the same partition or of another one, is listed while one is prepared. */
  private async *listed(sync: SyncRun, attempt: Attempt): AsyncGenerator<PageSource | LaneEnd> {
    const { ledgers, partitions, trouble } = attempt;
    for (const lane of sync.connector.lanes) {
      for (const partition of partitions) {
        if (partition.skipReason) continue;
        const ledger = ledgers.of(partition, lane);
        if (ledger.finished) continue;
        if (await attempt.isOver(sync)) return;
        try {
          yield* this.pull(sync, partition, ledger, attempt);
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

  private async *pull(
    sync: SyncRun,
    partition: Partition,
    ledger: LaneLedger,
    attempt: Attempt,
  ): AsyncGenerator<PageSource | LaneEnd> {
    const { lane } = ledger;
    const checkpoint = attempt.startingPoint(sync, ledger);
    const listing = sync.connector.pull(sync.context, partition, lane.name, checkpoint);
    const pages = listing[Symbol.asyncIterator]();
    try {
      for (let last: Page | undefined; ;) {
        // Its last page is known by what it says; else only the next call tells that it has ended.
        const isLast = last !== undefined && (last.complete || last.gapReason !== undefined);
        const isTimeUp = !isLast && (await attempt.isOver(sync));
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
}
