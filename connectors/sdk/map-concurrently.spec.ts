import { mapConcurrently } from './map-concurrently.js';

describe('mapping concurrently', () => {
  it('gives results in the order of the items, whichever is done first', async () => {
    const done: string[] = [];
    const finish = new Map<string, () => void>();
    const mapped = mapConcurrently(['a', 'b', 'c'], 3, async (item) => {
      await new Promise<void>((resolve) => finish.set(item, resolve));
      done.push(item);
      return item.toUpperCase();
    });
    for (const item of ['c', 'a', 'b']) finish.get(item)!();
    expect(await mapped).toEqual(['A', 'B', 'C']);
    expect(done).toEqual(['c', 'a', 'b']);
  });

  it('has no more calls in flight than the limit, and as many where there is work', async () => {
    let inFlight = 0;
    let most = 0;
    await mapConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async () => {
      most = Math.max(most, (inFlight += 1));
      await Promise.resolve();
      inFlight -= 1;
    });
    expect([most, inFlight]).toEqual([3, 0]);
  });

  it('fails with the first call that fails, and begins nothing in its place', async () => {
    const begun: number[] = [];
    const mapped = mapConcurrently([1, 2, 3], 1, (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item);
    });
    await expect(mapped).rejects.toThrow('two');
    expect(begun).toEqual([1, 2]);
  });
});
