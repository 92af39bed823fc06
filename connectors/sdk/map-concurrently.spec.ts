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

  it('has no more weight in flight than it may, but what is heavier by itself', async () => {
    const seen: number[][] = [];
    const inFlight: number[] = [];
    const map = async (item: number): Promise<number> => {
      inFlight.push(item);
      seen.push([...inFlight]);
      await Promise.resolve();
      inFlight.splice(inFlight.indexOf(item), 1);
      return item;
    };
    const weights = { weigh: (item: number) => item, most: 5 };
    expect(await mapConcurrently([1, 4, 9, 2, 3, 1], 4, map, weights)).toEqual([1, 4, 9, 2, 3, 1]);
    expect(seen).toContainEqual([1, 4]);
    expect(seen).toContainEqual([9]);
    expect(seen).toContainEqual([2, 3]);
    for (const items of seen)
      expect(items.length === 1 || items.reduce((sum, item) => sum + item) <= 5).toBe(true);
  });

  it('ends at once where there is nothing', async () => {
    expect(await mapConcurrently([], 3, () => Promise.resolve(1))).toEqual([]);
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
