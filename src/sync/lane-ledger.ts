import type { Page } from '../../connectors/sdk/contract.js';
import type { LaneState } from './checkpoints.repository.js';
import { SeenBitmap } from './seen-bitmap.js';

/** What one lane of one partition has seen in this run, and whether its listing is proven whole. */
export class LaneLedger {
  readonly seen: SeenBitmap;
  finished: boolean;
  complete: boolean;
  gapReason: string | null;
  readonly counts = { pages: 0, documents: 0, failures: 0 };

  constructor(
    readonly partition: string,
    readonly lane: string,
    readonly title: string,
    stored?: LaneState,
  ) {
    this.seen = new SeenBitmap(stored?.seen);
    this.finished = stored?.finished ?? false;
    this.complete = stored?.complete ?? false;
    this.gapReason = stored?.gapReason ?? null;
  }

  advance(page: Page): void {
    this.counts.pages += 1;
    this.counts.documents += page.documents.length;
    this.counts.failures += page.failures.length;
    if (page.gapReason) this.gapReason = page.gapReason;
    if (page.complete) this.end();
  }

  /** The listing ended: it is proven whole only if its last page said so and nothing is missing. */
  private end(): void {
    this.finished = true;
    this.complete = this.gapReason === null;
  }

  /** Ends the lane without proof: nothing of this partition may be deleted by this run. */
  giveUp(reason: string): void {
    this.finished = true;
    this.complete = false;
    this.gapReason = reason;
  }

  toState(): LaneState {
    return {
      partition: this.partition,
      lane: this.lane,
      title: this.title,
      seen: this.seen.toBuffer(),
      started: true,
      finished: this.finished,
      complete: this.complete,
      gapReason: this.gapReason,
    };
  }
}
