import type { SpaceHit } from './space-search.js';
import type { HitRecord, SearchedCollection } from './search.repository.js';
import { mergeByRank, spacesOf } from './searched-spaces.js';

const collection = (id: string, space: number, model: string): SearchedCollection => ({
  id,
  name: id,
  space_id: space,
  model,
  dimensions: 256,
  score_low: 0.1,
});

const mixed = [
  collection('a', 1, 'here'),
  collection('b', 2, 'elsewhere'),
  collection('c', 1, 'here'),
];

describe('the spaces of a search', () => {
  const shape = (mode: 'hybrid' | 'vector' | 'text') =>
    spacesOf(mixed, mode, new Set(['here', 'unused'])).map(({ collections, comparable }) => [
      collections.map(({ id }) => id).join(),
      comparable,
    ]);

  it('are one per model, and only those of configured models compare vectors', () => {
    expect(shape('hybrid')).toEqual([
      ['a,c', true],
      ['b', false],
    ]);
    expect(shape('vector')).toEqual([['a,c', true]]);
  });

  it('do not matter for words', () => {
    expect(shape('text')).toEqual([['a,b,c', false]]);
  });

  it('are searched for words one by one where each is a store, without a vector', () => {
    const apart = spacesOf(mixed, 'text', new Set(['here']), false);
    expect(apart.map(({ comparable }) => comparable)).toEqual([false, false]);
  });

  it('are none without collections', () => {
    expect(spacesOf([], 'vector', new Set(['here']))).toEqual([]);
  });

  it('are an error when no vector can be compared', () => {
    expect(() => spacesOf([mixed[1]!], 'vector', new Set(['here']))).toThrow(
      expect.objectContaining({ code: 'embedding_model_differs' }),
    );
  });
});

describe('merging by rank', () => {
  const hit = (id: string, score: number, rankScore: number): SpaceHit => ({
    row: { id } as HitRecord,
    score,
    rankScore,
  });
  const ids = (hits: readonly SpaceHit[]) => hits.map(({ row }) => row.id).join('');

  it('leaves one list as it is', () => {
    const merged = mergeByRank([[hit('a', 0.2, 7), hit('b', 0.9, 3)]], 5);
    expect(merged.map(({ rankScore }) => rankScore)).toEqual([7, 3]);
  });

  it('takes turns among the lists, whatever their scales, and keeps order and scores in step', () => {
    const lists = [
      [hit('a', 0.5, 30), hit('b', 0.4, 20), hit('c', 0.3, 10)],
      [hit('x', 0.9, 0.3), hit('y', 0.1, 0.2)],
    ];
    const merged = mergeByRank(lists, 4);
    expect(ids(merged)).toBe('xaby');
    const scores = merged.map(({ rankScore }) => rankScore);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(merged[0]!.score).toBe(0.9);
  });
});
