import type { ClaimedRun } from '../../runs/run-queue.js';
import { MAX_SLICE_MS, MIN_SLICE_MS, sliceFor, TimeSlice } from './time-slice.js';

describe('a time slice', () => {
  let waiting: number;
  let asked: number;
  let now: number;
  let slice: TimeSlice;

  beforeEach(() => {
    [waiting, asked, now] = [0, 0, 0];
    const queue = {
      othersWaiting() {
        asked += 1;
        return Promise.resolve(waiting);
      },
    };
    slice = new TimeSlice(queue, {} as ClaimedRun, () => now);
  });

  it('never ends while nobody waits', async () => {
    now = 3_600_000;
    expect(await slice.isOver()).toBe(false);
  });

  it('is short when many wait and longer when few do', () => {
    expect([1, 4, 8, 20, 40, 200].map(sliceFor)).toEqual([
      ...[MAX_SLICE_MS, MAX_SLICE_MS, 5000, 2000],
      ...[MIN_SLICE_MS, MIN_SLICE_MS],
    ]);
  });

  it('ends at its first page boundary after that time', async () => {
    waiting = 40;
    now = MIN_SLICE_MS - 1;
    expect(await slice.isOver()).toBe(false);
    now = MIN_SLICE_MS;
    expect(await slice.isOver()).toBe(true);
  });

  it('asks the database seldom, however small the pages are', async () => {
    waiting = 1;
    for (now = 0; now < MAX_SLICE_MS; now += 10) expect(await slice.isOver()).toBe(false);
    expect(asked).toBeLessThanOrEqual((MAX_SLICE_MS - MIN_SLICE_MS) / 250 + 1);
    now = MAX_SLICE_MS + 500;
    expect(await slice.isOver()).toBe(true);
  });
});
