import type { CreatedRange, LaneDefinition, Partition } from '../../../connectors/sdk/contract.js';
import type { LaneState } from './checkpoints.repository.js';
import { LaneLedger } from './lane-ledger.js';
import { mergeRanges } from './proven-ranges.js';
import { SeenBitmap } from './seen-bitmap.js';

/** The ledgers of a run, those of its earlier attempts included. */
export class RunLedgers {
  readonly #ledgers = new Map<string, LaneLedger>();
  readonly #resumed = new Set<LaneLedger>();

  constructor(lanes: readonly LaneDefinition[], stored: readonly LaneState[]) {
    for (const state of stored) {
      const lane = lanes.find(({ name }) => name === state.lane);
      if (!lane) continue;
      const ledger = new LaneLedger(state.partition, lane, state.title, state);
      this.#ledgers.set(keyOf(state.partition, lane), ledger);
      // One without a page has only failed so far.
      if (ledger.counts.pages > 0) this.#resumed.add(ledger);
    }
  }

  of(partition: Partition, lane: LaneDefinition): LaneLedger {
    const key = keyOf(partition.key, lane);
    const ledger = this.#ledgers.get(key) ?? new LaneLedger(partition.key, lane, partition.title);
    this.#ledgers.set(key, ledger);
    return ledger;
  }

  /** An earlier attempt has committed pages of it. */
  isResumed(ledger: LaneLedger): boolean {
    return this.#resumed.has(ledger);
  }

  all(): LaneLedger[] {
    return [...this.#ledgers.values()];
  }

  /** Seen by any lane in any partition: what turned up elsewhere has moved and is not gone. */
  seen(): SeenBitmap {
    const seen = new SeenBitmap();
    for (const ledger of this.#ledgers.values()) seen.include(ledger.seen);
    return seen;
  }

  /** Times of creation of which the lanes of a partition together know everything. */
  provenRanges(): Map<string, CreatedRange[]> {
    const ranges = new Map<string, CreatedRange[]>();
    for (const { partition, proven } of this.#ledgers.values())
      if (proven.length > 0)
        ranges.set(partition, mergeRanges([...(ranges.get(partition) ?? []), ...proven]));
    return ranges;
  }
}

function keyOf(partition: string, { name }: LaneDefinition): string {
  return `${name}\n${partition}`;
}
