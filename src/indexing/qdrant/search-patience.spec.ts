import { ManualClock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { QdrantCollectionMissing } from './qdrant-errors.js';
import { SearchPatience } from './search-patience.js';

const unavailable = new AppError('index_unavailable', 'The vector index does not answer');

describe('SearchPatience', () => {
  let told: string[];
  let expected: boolean;
  let patience: SearchPatience;
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    expected = true;
    const health = {
      mayAnswer: () => expected,
      answered: (loop: string) => void told.push(`${loop} answered`),
      failed: (loop: string) => told.push(`${loop} failed`) > 0,
    };
    patience = new SearchPatience(health, clock);
  });

  const failing = (error: Error): Promise<unknown> =>
    patience.ask(() => Promise.reject(error)).catch((caught: unknown) => caught);

  it('waits five seconds, and one while Qdrant is known not to answer', async () => {
    expect(await patience.ask((ms) => Promise.resolve(ms))).toBe(5000);
    expected = false;
    expect(await patience.ask((ms) => Promise.resolve(ms))).toBe(1000);
  });

  it('waits as usual for one search in ten seconds, since Qdrant may be slow and not away', async () => {
    const within = () => patience.ask((ms) => Promise.resolve(ms));
    await within();
    expected = false;
    clock.advance(9_999);
    expect(await within()).toBe(1000);
    clock.advance(1);
    expect([await within(), await within()]).toEqual([5000, 1000]);
    clock.advance(10_000);
    expect([await within(), await within()]).toEqual([5000, 1000]);
  });

  it('tells what searches see; a collection that is missing is an answer', async () => {
    await patience.ask(() => Promise.resolve([]));
    expect(await failing(unavailable)).toBe(unavailable);
    await failing(new QdrantCollectionMissing('no such collection'));
    expect(told).toEqual(['search answered', 'search failed', 'search answered']);
  });

  it('takes nothing for an outage that was slow while others were answered', async () => {
    let give: (error: Error) => void;
    const slow = patience.ask(() => new Promise((_, reject) => (give = reject)));
    await patience.ask(() => Promise.resolve([]));
    give!(unavailable);
    await expect(slow).rejects.toBe(unavailable);
    expect(told).toEqual(['search answered']);
  });
});
