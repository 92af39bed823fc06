import fc from 'fast-check';
import type { Candidate } from '../indexing/vector-index.js';
import { bestHits } from './best-hits.js';
import { boost, boosted, type Boostable } from './boosts.js';

const NOW = new Date('2026-05-08T12:00:00Z');

function candidate(id: string, fused: number): Candidate {
  return { memoryId: id, cosine: fused, bm25: 0, coverage: 0, fused };
}

interface Given {
  fused: number;
  hidden: boolean;
  importance: number;
  age: number;
}

function setUp(given: readonly Given[]) {
  const rows = new Map<string, Boostable>();
  const all = given.map(({ fused, hidden, importance, age }, at) => {
    const id = String(at).padStart(4, '0');
    const time = new Date(NOW.getTime() - age * 86_400_000);
    if (!hidden) rows.set(id, { importance, time });
    return candidate(id, fused);
  });
  const candidates = all.sort((a, b) => b.fused - a.fused || (a.memoryId < b.memoryId ? -1 : 1));
  const asked: string[] = [];
  let reads = 0;
  const read = (ids: string[]) => {
    reads += 1;
    asked.push(...ids);
    const found = ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? [[id, row] as const] : [];
    });
    return Promise.resolve(new Map(found));
  };
  return { candidates, rows, asked, reads: () => reads, read };
}

const memory = fc.record({
  fused: fc.double({ min: -1, max: 5, noNaN: true }),
  hidden: fc.boolean(),
  importance: fc.double({ min: 0, max: 1, noNaN: true }),
  age: fc.integer({ min: 0, max: 400 }),
});

describe('the best hits', () => {
  it('are those of reading every row, boosts on or off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(memory, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        async (given, limit, boosts) => {
          const { candidates, rows, read } = setUp(given);
          const hits = await bestHits(candidates, { limit, boosts, now: NOW }, read);
          const expected = candidates
            .flatMap(({ memoryId: id, fused }) => {
              const row = rows.get(id);
              if (!row) return [];
              return [{ id, score: boosted(fused, boosts ? boost(row, NOW) : 0) }];
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
      hidden: false,
      importance: 0.7,
      age: 10,
    }));
    const { candidates, asked, reads, read } = setUp(given);
    await bestHits(candidates, { limit: 10, boosts: true, now: NOW }, read);
    expect(reads()).toBe(1);
    expect(asked).toHaveLength(18);
  });

  it('are found in few reads when all that may be shown come last', async () => {
    const given = Array.from({ length: 400 }, (_, at) => ({
      fused: 1 - at / 500,
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
