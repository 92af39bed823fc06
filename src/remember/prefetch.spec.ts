import { prefetch } from './prefetch.js';

async function* numbers(count: number, log: number[] = []): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) {
    log.push(n);
    yield await Promise.resolve(n);
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

describe('prefetch', () => {
  it('yields everything in order', async () => {
    expect(await collect(prefetch(numbers(5), 2))).toEqual([0, 1, 2, 3, 4]);
    expect(await collect(prefetch(numbers(0)))).toEqual([]);
  });

  it('stays at most its depth ahead of the consumer', async () => {
    const log: number[] = [];
    const ahead = prefetch(numbers(10, log), 1);
    await ahead.next();
    await new Promise(setImmediate);
    expect(log.length).toBeLessThanOrEqual(3);
    await ahead.return(undefined);
  });

  it('reports an error after the items before it', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield* numbers(2);
      throw new Error('listing broke');
    }
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const n of prefetch(failing(), 3)) seen.push(n);
    };
    await expect(run()).rejects.toThrow('listing broke');
    expect(seen).toEqual([0, 1]);
  });

  it('stops the producer when the consumer stops', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) yield await Promise.resolve(1);
      } finally {
        closed = true;
      }
    }
    const ahead = prefetch(endless());
    await ahead.next();
    await ahead.return(undefined);
    expect(closed).toBe(true);
  });
});
