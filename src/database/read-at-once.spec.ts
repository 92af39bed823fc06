import type { EntityManager } from 'typeorm';
import { readAtOnce } from './read-at-once.js';

const TENANT = '00000000-0000-4000-8000-000000000001';
const OWN = { of: 'own' } as unknown as EntityManager;
const OTHER = { of: 'other' } as unknown as EntityManager;

type Work<T> = (tx: EntityManager) => Promise<T>;

/** A promise that is settled when the test says so. */
class Held<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('two reads at once', () => {
  let ran: string[];

  beforeEach(() => {
    ran = [];
  });

  /** @param beside how the database reads beside a transaction */
  function read(
    beside: <T>(tenant: string, work: Work<T>) => Promise<T> | undefined,
    first: Promise<string> = Promise.resolve('first'),
    second: Promise<string> = Promise.resolve('second'),
  ): Promise<[string, string]> {
    const note = (name: string, answer: Promise<string>) => (tx: EntityManager) => {
      ran.push(`${name} on ${tx === OWN ? 'own' : 'other'}`);
      return answer;
    };
    return readAtOnce({ beside }, TENANT, OWN, {
      first: note('first', first),
      second: note('second', second),
      prepare: note('prepare', Promise.resolve('prepared')),
    });
  }

  it('are each on a connection where there are two', async () => {
    const first = new Held<string>();
    const reading = read((_, work) => work(OTHER), first.promise);
    await turn();
    expect(ran).toEqual(['prepare on other', 'first on own', 'second on other']);
    first.resolve('first');
    expect(await reading).toEqual(['first', 'second']);
  });

  it('are waited for, whichever is longer', async () => {
    const second = new Held<string>();
    const reading = read((_, work) => work(OTHER), undefined, second.promise);
    await turn();
    second.resolve('late');
    expect(await reading).toEqual(['first', 'late']);
  });

  it('follow each other where there is one', async () => {
    expect(await read(() => undefined)).toEqual(['first', 'second']);
    expect(ran).toEqual(['first on own', 'second on own']);
  });

  it('follow each other where the other one answers too late, and then it reads nothing', async () => {
    const connected = new Held<void>();
    const beside = async <T>(_: string, work: Work<T>) => {
      await connected.promise;
      return work(OTHER);
    };
    expect(await read(beside)).toEqual(['first', 'second']);
    connected.resolve();
    await turn();
    expect(ran).toEqual(['first on own', 'second on own', 'prepare on other']);
  });

  it('follow each other where the other one cannot be had', async () => {
    expect(await read(() => Promise.reject(new Error('refused')))).toEqual(['first', 'second']);
    expect(ran).toEqual(['first on own', 'second on own']);
  });

  it('follow each other where the other one fails', async () => {
    const lost = new Held<string>();
    const beside = async <T>(_: string, work: Work<T>) => {
      await work(OTHER);
      return (await lost.promise) as T;
    };
    const first = new Held<string>();
    const reading = read(beside, first.promise);
    await turn();
    expect(ran).toEqual(['prepare on other', 'first on own', 'second on other']);
    first.resolve('first');
    lost.reject(new Error('lost'));
    expect(await reading).toEqual(['first', 'second']);
    expect(ran.at(-1)).toBe('second on own');
  });

  it('fail with the first one where both do', async () => {
    const wrong = new Error('wrong');
    const [first, lost] = [new Held<string>(), new Held<string>()];
    const reading = read((_, work) => work(OTHER), first.promise, lost.promise);
    await turn();
    first.reject(wrong);
    await expect(reading).rejects.toBe(wrong);
    lost.reject(new Error('lost'));
    await turn();
  });

  it('fail with the one that is read in the transaction', async () => {
    const wrong = new Error('wrong');
    const first = new Held<string>();
    const reading = read((_, work) => work(OTHER), first.promise);
    await turn();
    first.reject(wrong);
    await expect(reading).rejects.toBe(wrong);
  });

  it('end with the first one where that fails before the other connection answers', async () => {
    const connected = new Held<void>();
    const beside = async <T>(_: string, work: Work<T>) => {
      await connected.promise;
      return work(OTHER);
    };
    const wrong = new Error('wrong');
    await expect(read(beside, Promise.reject(wrong))).rejects.toBe(wrong);
    connected.resolve();
    await turn();
    expect(ran).toEqual(['first on own', 'prepare on other']);
  });
});
