import fc from 'fast-check';
import type { Candidate } from '../indexing/vector-index.js';
import { bestHits, type Standing } from './best-hits.js';
import { boost, boosted } from './boosts.js';

const NOW = new Date('2026-05-08T12:00:00Z');

function candidate(id: string, fused: number): Candidate {
  return { memoryId: id, cosine: fused, bm25: 0, coverage: 0, fused };
}

interface Given {
  fused: number;
  /** What it is taken to be at most until it is read; null where that is known. */
  bound: number | null;
  hidden: boolean;
  importance: number;
  age: number;
}

function setUp(given: readonly Given[]) {
  const standings = new Map<string, Standing>();
  const own: Candidate[] = [];
  const all = given.map(({ fused, bound, hidden, importance, age }, at): Candidate => {
    const id = String(at).padStart(4, '0');
    const time = new Date(NOW.getTime() - age * 86_400_000);
    const itself = candidate(id, fused);
    own.push(itself);
    if (!hidden) standings.set(id, { row: { importance, time }, candidate: itself });
    return bound === null ? itself : { ...candidate(id, bound), bounded: true };
  });
  const best = (a: Candidate, b: Candidate) =>
    b.fused - a.fused || (a.memoryId < b.memoryId ? -1 : 1);
  const asked: string[] = [];
  let reads = 0;
  const read = (candidates: readonly Candidate[]) => {
    reads += 1;
    asked.push(...candidates.map(({ memoryId }) => memoryId));
    return Promise.resolve(candidates.flatMap(({ memoryId }) => standings.get(memoryId) ?? []));
  };
  return {
    candidates: all.sort(best),
    own: own.sort(best),
    standings,
    asked,
    reads: () => reads,
    read,
  };
}

const fused = fc.double({ min: -1, max: 5, noNaN: true });
const memory = fc
  .record({
    fused,
    bound: fc.option(fused),
    hidden: fc.boolean(),
    importance: fc.double({ min: 0, max: 1, noNaN: true }),
    age: fc.integer({ min: 0, max: 400 }),
  })
  .map((given) => ({
    ...given,
    bound: given.bound === null ? null : Math.max(given.bound, given.fused),
  }));

describe('the best hits', () => {
  it('are those of reading every row and every score, boosts on or off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(memory, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        async (given, limit, boosts) => {
          const { candidates, own, standings, read } = setUp(given);
          const hits = await bestHits(candidates, { limit, boosts, now: NOW }, read);
          const expected = own
            .flatMap(({ memoryId: id, fused }) => {
              const standing = standings.get(id);
              if (!standing) return [];
              return [{ id, score: boosted(fused, boosts ? boost(standing.row, NOW) : 0) }];
            })
            .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
            .slice(0, limit);
          expect(hits.map((hit) => hit.candidate.memoryId)).toEqual(expected.map(({ id }) => id));
          expect(hits.map((hit) => hit.rankScore)).toEqual(expected.map(({ score }) => score));
        },
      ),
    );
  });

  it('leave rows unread that no boost could bring into the list', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: 1 - at / 500,
      bound: null,
      hidden: false,
      importance: 0.7,
      age: 10,
    }));
    const { candidates, asked, read } = setUp(given);
    await bestHits(candidates, { limit: 5, boosts: true, now: NOW }, read);
    expect(asked.length).toBeLessThan(40);
  });

  it('are read at once where none of the others can come into the list', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: 1 - at / 100,
      bound: null,
      hidden: false,
      importance: 0.7,
      age: 10,
    }));
    const { candidates, asked, reads, read } = setUp(given);
    await bestHits(candidates, { limit: 10, boosts: true, now: NOW }, read);
    expect(reads()).toBe(1);
    expect(asked).toHaveLength(18);
  });

  it('are read at once where bounds are in the way, three times as many', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: at % 4 === 0 ? 1 - at / 800 : 0.2,
      bound: 1 - at / 800,
      hidden: false,
      importance: 0.7,
      age: 400,
    }));
    const { candidates, asked, reads, read } = setUp(given);
    const hits = await bestHits(candidates, { limit: 10, boosts: false, now: NOW }, read);
    expect(hits.map((hit) => Number(hit.candidate.memoryId))).toEqual(
      Array.from({ length: 10 }, (_, at) => 4 * at),
    );
    expect(reads()).toBe(1);
    expect(asked).toHaveLength(54);
  });

  it('are found where no bound says anything', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: at / 400,
      bound: 1,
      hidden: false,
      importance: 0.7,
      age: 400,
    }));
    const { candidates, asked, reads, read } = setUp(given);
    const hits = await bestHits(candidates, { limit: 3, boosts: false, now: NOW }, read);
    expect(hits.map((hit) => hit.candidate.memoryId)).toEqual(['0399', '0398', '0397']);
    expect(asked).toHaveLength(400);
    expect(reads()).toBe(2);
  });

  it('are found in few reads when all that may be shown come last', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: 1 - at / 500,
      bound: null,
      hidden: at < 390,
      importance: 0.7,
      age: 10,
    }));
    const { candidates, reads, read } = setUp(given);
    const hits = await bestHits(candidates, { limit: 10, boosts: true, now: NOW }, read);
    expect(hits).toHaveLength(10);
    expect(reads()).toBeLessThanOrEqual(6);
  });

  it('read on when hidden memories came first', async () => {
    const given = Array.from({ length: 300 }, (_, at) => ({
      fused: 1 - at / 500,
      bound: null,
      hidden: at < 250,
      importance: 0.7,
      age: 10,
    }));
    const { candidates, read } = setUp(given);
    const hits = await bestHits(candidates, { limit: 5, boosts: false, now: NOW }, read);
    expect(hits.map((hit) => hit.candidate.memoryId)).toEqual([
      '0250',
      '0251',
      '0252',
      '0253',
      '0254',
    ]);
  });
});
