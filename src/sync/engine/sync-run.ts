import type { ConnectorContext } from '../../../connectors/sdk/context.js';
import type { Connector, Partition } from '../../../connectors/sdk/contract.js';
import type { SyncTarget } from '../../remember/changed-document.js';
import type { ClaimedRun, RunReport } from '../../runs/run-queue.js';
import {
  emptyCounts,
  emptyTimings,
  type RunCounts,
  type RunProgress,
  type RunTimings,
} from '../../runs/run-row.js';
import { GroupSizes } from '../pages/group-sizes.js';
import { ItemsInFlight } from '../pages/items-in-flight.js';
import { RunStopped } from './run-stopped.js';
import { SeenBitmap } from './seen-bitmap.js';
import type { TimeSlice } from './time-slice.js';

/** One attempt at a run: what it works on and what it has counted so far. */
export class SyncRun {
  readonly counts: RunCounts;
  readonly timings: RunTimings;
  /** Documents that this attempt has met anywhere; none of them is the old name of a new one. */
  readonly met = new SeenBitmap();
  readonly inFlight = new ItemsInFlight();
  /** Documents whose bodies are read together, and those that are embedded together. */
  readonly readGroups: GroupSizes;
  readonly embedGroups: GroupSizes;
  partition: string | null = null;
  /** Items by partition that is to be read, null where unknown; null: not listed yet. */
  #expected: Map<string, number | null> | null = null;
  /** How many works of a stage are under way, and since when that is not counted yet. */
  readonly #meters: { [Stage in keyof RunTimings]?: { works: number; since: number } } = {};
  readonly #doneBefore: number;
  readonly #startedAt: number;
  #slice?: Pick<TimeSlice, 'isOver'>;
  #isSliceOver = false;

  constructor(
    readonly run: ClaimedRun,
    readonly tenant: string,
    readonly connector: Connector,
    readonly context: ConnectorContext,
    readonly target: SyncTarget,
    private readonly now: () => Date,
  ) {
    this.counts = { ...emptyCounts(), ...run.counts };
    this.counts.skipped = { ...this.counts.skipped };
    this.timings = { ...emptyTimings(), ...run.timings };
    this.#doneBefore = this.counts.listed;
    this.#startedAt = now().getTime();
    this.readGroups = new GroupSizes(run.attempt);
    this.embedGroups = new GroupSizes(run.attempt);
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** For how long the run may keep its slot while others wait; for ever unless told. */
  limitTo(slice: Pick<TimeSlice, 'isOver'>): void {
    this.#slice = slice;
  }

  /**
   * To be asked after each page. Once true, no further page is to be begun; those that are being
   * prepared are still committed, so that nothing is read in vain.
   */
  async isSliceOver(): Promise<boolean> {
    if (this.#slice && !this.#isSliceOver) this.#isSliceOver = await this.#slice.isOver();
    return this.#isSliceOver;
  }

  /**
   * To be called where the run got ahead and can be taken up again without any loss: what it has
   * found is committed, and nothing is under way. A run that yields before it got ahead would do
   * so again and again.
   * @throws RunStopped when the slot is to go to another run
   */
  async pageCommitted(): Promise<void> {
    if (await this.isSliceOver()) throw new RunStopped('yielded');
  }

  /** Adds the time that `work` takes to a stage; what several take at once counts once. */
  async timed<T>(stage: keyof RunTimings, work: () => Promise<T>): Promise<T> {
    const meter = (this.#meters[stage] ??= { works: 0, since: 0 });
    if (meter.works === 0) meter.since = performance.now();
    meter.works += 1;
    try {
      return await work();
    } finally {
      const now = performance.now();
      this.timings[stage] += Math.round(now - meter.since);
      meter.since = now;
      meter.works -= 1;
    }
  }

  /**
   * Which partitions the run is about, skipped ones left out.
   * @param announced what pages of earlier attempts said that partitions hold, by key
   */
  willRead(partitions: readonly Partition[], announced: ReadonlyMap<string, number>): void {
    const toRead = partitions.filter(({ skipReason }) => !skipReason);
    this.#expected = new Map(
      toRead.map(({ key, expected }) => [key, expected ?? announced.get(key) ?? null]),
    );
  }

  /** What a page says that its partition holds. */
  expect(partition: string, items: number | null | undefined): void {
    if (typeof items === 'number') this.#expected?.set(partition, items);
  }

  /** What the run will have done once a commit with these counts is through. */
  report(counts: Partial<RunCounts>, done: number): RunReport {
    return {
      counts: { ...this.counts, ...counts },
      timings: this.timings,
      progress: this.progressAt(done),
    };
  }

  get progress(): RunProgress {
    return this.progressAt(this.counts.listed);
  }

  private progressAt(done: number): RunProgress {
    const seconds = Math.max(0.001, (this.now().getTime() - this.#startedAt) / 1000);
    const rate = (done - this.#doneBefore) / seconds;
    const total = this.total;
    const expected = total === null ? null : Math.max(total, done);
    return {
      done,
      expected,
      rate: Math.round(rate * 10) / 10,
      eta_seconds: expected !== null && rate > 0 ? Math.ceil((expected - done) / rate) : null,
      partition: this.partition,
    };
  }

  /** A sum only if every partition has a number: a part of it would look like the whole. */
  private get total(): number | null {
    if (!this.#expected || this.#expected.size === 0) return null;
    let total = 0;
    for (const items of this.#expected.values()) {
      if (items === null) return null;
      total += items;
    }
    return total;
  }
}
