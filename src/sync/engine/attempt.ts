import type { Checkpoint, CreatedRange, Partition } from '../../../connectors/sdk/contract.js';
import type { LaneLedger } from './lane-ledger.js';
import { ListingTrouble } from './listing-trouble.js';
import { EVERYTHING } from './proven-ranges.js';
import type { RunLedgers } from './run-ledgers.js';
import type { SyncRun } from './sync-run.js';

/** What one attempt works with. */
export class Attempt {
  readonly trouble = new ListingTrouble();
  /** Pages that it got. */
  pages = 0;
  /** Its time was over before everything was listed. */
  isCutShort = false;
  /** Single documents are not asked for any more before the end, since the source refused one. */
  refsRefused = false;
  /** Where lanes go on. */
  readonly #checkpoints: ReadonlyMap<string, Checkpoint>;

  constructor(
    readonly ledgers: RunLedgers,
    readonly partitions: readonly Partition[],
    stored: readonly { partition: string; lane: string; value: Checkpoint }[],
  ) {
    this.#checkpoints = new Map(
      stored.map(({ partition, lane, value }) => [placeOf(lane, partition), value]),
    );
  }

  /** A listing broke, or is not complete for a reason that is not planned. */
  get hasGap(): boolean {
    if (this.trouble.unwell.size > 0 || this.trouble.broken.size > 0) return true;
    return this.ledgers.all().some((ledger) => ledger.hasGap);
  }

  /**
   * Whether no further page is to be begun. An attempt that got none would lead nowhere, however
   * short its time is.
   */
  async isOver(sync: SyncRun): Promise<boolean> {
    this.isCutShort ||= this.pages > 0 && (await sync.isSliceOver());
    return this.isCutShort;
  }

  /**
   * A sweep starts from nothing in a new run and continues in another attempt of the same run; a
   * feed continues from run to run, unless everything is to be read again.
   */
  startingPoint(sync: SyncRun, ledger: LaneLedger): Checkpoint | null {
    const startsAnew = ledger.lane.kind === 'sweep' || sync.run.options.full === true;
    if (startsAnew && !this.ledgers.isResumed(ledger)) return null;
    return this.#checkpoints.get(placeOf(ledger.lane.name, ledger.partition)) ?? null;
  }

  /**
   * What this run knows everything of: what its lanes have proven, and partitions that a full
   * `partitions()` listing no longer has (swept empty).
   */
  proofs(sync: SyncRun): (partition: string) => readonly CreatedRange[] {
    const inReach = this.partitions.filter(({ outOfReach }) => !outOfReach);
    const listed = new Set(inReach.map(({ key }) => key));
    const proven = this.ledgers.provenRanges();
    const isWhole = sync.run.options.partition === undefined;
    return (partition) => {
      if (listed.has(partition)) return proven.get(partition) ?? [];
      return isWhole ? [EVERYTHING] : [];
    };
  }
}

const placeOf = (lane: string, partition: string): string => `${lane}\n${partition}`;
