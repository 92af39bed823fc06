import { RecentScopes } from './recent-scopes.js';
import type { SearchedSpace } from './searched-spaces.js';

const HERE = ['tenant', 'hybrid', ['notes'], null];
const THERE = ['tenant', 'text', ['notes'], null];

function space(count = 1, spaceId = 1): SearchedSpace {
  const collections = Array.from({ length: count }, (_, at) => ({
    ...{ id: `id-${at}`, name: `notes-${at}`, space_id: spaceId },
    ...{ model: 'static', dimensions: 3, score_low: 0.1 },
  }));
  return { collections, mode: 'hybrid', comparable: true };
}

describe('the recent scopes', () => {
  let recent: RecentScopes;
  /** A search of one thing after the other. */
  const search = (scope: readonly unknown[], found: SearchedSpace[]) =>
    recent.confirm(scope, recent.guess(scope), found);

  beforeEach(() => {
    recent = new RecentScopes();
  });

  it('guess what the latest search of a scope has found, and nothing for others', () => {
    expect(recent.guess(HERE)).toEqual([]);
    expect(search(HERE, [space()])).toBe(false);
    expect(recent.guess(HERE)).toEqual([space()]);
    expect(recent.guess(THERE)).toEqual([]);
  });

  it('tell a guess that was right from one that was not', () => {
    search(HERE, [space()]);
    expect(search(HERE, [space()])).toBe(true);
    expect(search(HERE, [space(1, 2)])).toBe(false);
    expect(recent.guess(HERE)).toEqual([space(1, 2)]);
    expect(search(HERE, [])).toBe(false);
    expect(recent.guess(HERE)).toEqual([]);
  });

  it('tell a search that has guessed nothing so, whatever others have found meanwhile', () => {
    const guess = recent.guess(HERE);
    search(HERE, [space()]);
    expect(recent.confirm(HERE, guess, [space()])).toBe(false);
  });

  it('forget what was asked for longest ago, and keep no scope of many collections', () => {
    for (let at = 0; at < 1_000; at += 1) search([at], [space()]);
    search([0], [space()]);
    search(['new'], [space()]);
    expect(recent.guess([0])).toHaveLength(1);
    expect(recent.guess([1])).toEqual([]);
    expect(recent.guess([2])).toHaveLength(1);
    search(HERE, [space(65)]);
    expect(recent.guess(HERE)).toEqual([]);
  });
});
