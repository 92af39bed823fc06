import { endingAtError } from './ending-at-error.js';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('a source up to its error', () => {
  it('gives what came before the error, and the error afterwards', async () => {
    const broken = new Error('broken');
    async function* source() {
      yield* await Promise.resolve([1, 2]);
      throw broken;
    }
    const { items, rethrow } = endingAtError(source());
    expect(await collect(items)).toEqual([1, 2]);
    expect(rethrow).toThrow(broken);
  });

  it('throws nothing where there was no error', async () => {
    async function* source() {
      yield* await Promise.resolve([1, 2]);
    }
    const { items, rethrow } = endingAtError(source());
    expect(await collect(items)).toEqual([1, 2]);
    expect(rethrow).not.toThrow();
  });

  it('closes a source that is not read to its end', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* await Promise.resolve([1, 2]);
      } finally {
        closed = true;
      }
    }
    for await (const item of endingAtError(source()).items) if (item === 1) break;
    expect(closed).toBe(true);
  });
});
