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
  it('guess what the latest search of a scope has found, and nothing for others', () => {
    const recent = new RecentScopes();
    expect(recent.guess(HERE)).toEqual([]);
    expect(recent.confirm(HERE, [space()])).toBe(false);
    expect(recent.guess(HERE)).toEqual([space()]);
    expect(recent.guess(THERE)).toEqual([]);
  });

  it('tell a guess that was right from one that was not', () => {
    const recent = new RecentScopes();
    recent.confirm(HERE, [space()]);
    expect(recent.confirm(HERE, [space()])).toBe(true);
    expect(recent.confirm(HERE, [space(1, 2)])).toBe(false);
    expect(recent.guess(HERE)).toEqual([space(1, 2)]);
    expect(recent.confirm(HERE, [])).toBe(false);
    expect(recent.guess(HERE)).toEqual([]);
  });

  it('forget what was asked for longest ago, and keep no scope of many collections', () => {
    const recent = new RecentScopes();
    for (let at = 0; at < 1_000; at += 1) recent.confirm([at], [space()]);
    recent.confirm([0], [space()]);
    recent.confirm(['new'], [space()]);
    expect(recent.guess([0])).toHaveLength(1);
    expect(recent.guess([1])).toEqual([]);
    expect(recent.guess([2])).toHaveLength(1);
    recent.confirm(HERE, [space(65)]);
    expect(recent.guess(HERE)).toEqual([]);
  });
});
