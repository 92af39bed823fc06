import { isDeepStrictEqual } from 'node:util';
import type { CreatedRange, LaneDefinition, Page } from '../../../connectors/sdk/contract.js';
import { BACKFILL_IN_PROGRESS, PLANNED_GAPS } from '../../../connectors/sdk/planned-gaps.js';
import type { LaneState } from './checkpoints.repository.js';
import { coversEverything, fromStored, mergeRanges, toStored } from './proven-ranges.js';
import { SeenBitmap } from './seen-bitmap.js';

/** Why a lane that ended without a last page and without a reason of its own is not complete. */
const NO_LAST_PAGE: Record<LaneDefinition['kind'], string> = {
  sweep: 'the listing ended without its last page',
  feed: BACKFILL_IN_PROGRESS,
};

export interface LaneCounts {
  pages: number;
  documents: number;
  failures: number;
  /** Documents that the source announced; absent: it did not. */
  expected?: number;
  /** Attempts in which the listing failed since it last got ahead; absent: none. */
  failedAttempts?: number;
}

/** What one lane of one partition has seen in this run, and what of it is proven whole. */
export class LaneLedger {
  readonly seen: SeenBitmap;
  finished: boolean;
  complete: boolean;
  gapReason: string | null;
  readonly counts: LaneCounts;
  #ranges: CreatedRange[];

  constructor(
    readonly partition: string,
    readonly lane: LaneDefinition,
    readonly title: string,
    stored?: LaneState,
  ) {
    this.seen = new SeenBitmap(stored?.seen);
    this.finished = stored?.finished ?? false;
    this.complete = stored?.complete ?? false;
    this.gapReason = stored?.gapReason ?? null;
    this.counts = { pages: 0, documents: 0, failures: 0, ...stored?.counts };
    this.#ranges = fromStored(stored?.ranges ?? []);
  }

  /** Times of creation of which this run knows everything: a sweep proves all or nothing. */
  get proven(): readonly CreatedRange[] {
    if (this.lane.kind === 'feed') return this.#ranges;
    return this.complete ? [{ from: null, to: null }] : [];
  }

  /** Not complete, and not as planned: something was refused, cut off or broken. */
  get hasGap(): boolean {
    if (this.complete) return false;
    return this.lane.kind === 'sweep' || !PLANNED_GAPS.has(this.gapReason ?? BACKFILL_IN_PROGRESS);
  }

  advance(page: Page): void {
    this.counts.pages += 1;
    this.counts.documents += page.documents.length;
    this.counts.failures += page.failures.length;
    if (typeof page.expected === 'number') this.counts.expected = page.expected;
    if (this.getsAhead(page)) delete this.counts.failedAttempts;
    if (page.range) this.#ranges = mergeRanges([...this.#ranges, page.range]);
    if (page.gapReason) this.gapReason = page.gapReason;
    if (page.complete) this.end();
  }

  /** The listing failed in this attempt. @returns in how many so far, since it last got ahead */
  failed(): number {
    this.counts.failedAttempts = (this.counts.failedAttempts ?? 0) + 1;
    return this.counts.failedAttempts;
  }

  /** In how many attempts in a row it failed before it was given up; 0: it was not. */
  get givenUpAfter(): number {
    return this.finished && !this.complete ? (this.counts.failedAttempts ?? 0) : 0;
  }

  /**
   * The listing ended without an error. Only its last page can prove it whole, except that ranges
   * which cover everything are as good, and that a feed which names no ranges promised nothing.
   */
  ended(): void {
    const promisedNothing = this.lane.kind === 'feed' && this.#ranges.length === 0;
    const isWhole = promisedNothing || coversEverything(this.#ranges);
    if (this.gapReason === null && isWhole) return this.end();
    this.giveUp(this.gapReason ?? NO_LAST_PAGE[this.lane.kind]);
  }

  /** Ends the lane without proof of more than its ranges. */
  giveUp(reason: string): void {
    this.finished = true;
    this.complete = false;
    this.gapReason = reason;
  }

  toState(): LaneState {
    return {
      partition: this.partition,
      lane: this.lane.name,
      title: this.title,
      seen: this.seen.toBuffer(),
      started: true,
      finished: this.finished,
      complete: this.complete,
      gapReason: this.gapReason,
      ranges: toStored(this.#ranges),
      counts: this.counts,
    };
  }

  /**
   * A feed may look for what is new in each attempt, wherever else it stands still: only what it
   * proves gets it ahead. What it has listed is kept when it is given up.
   */
  private getsAhead({ range }: Page): boolean {
    if (this.lane.kind === 'sweep') return true;
    const proven = mergeRanges(range ? [...this.#ranges, range] : this.#ranges);
    return !isDeepStrictEqual(toStored(proven), toStored(this.#ranges));
  }

  /** It is proven whole only if nothing was found missing on the way. */
  private end(): void {
    this.finished = true;
    this.complete = this.gapReason === null;
  }
}
