import fc from 'fast-check';
import type { Partition } from '../../connectors/sdk/contract.js';
import { scopeChanges } from './scope-changes.js';

const part = (key: string, skipReason?: string): Partition => ({
  ...{ key, title: `#${key}` },
  ...(skipReason !== undefined && { skipReason }),
});
const keys = (parts: { key: string }[]): string[] => parts.map(({ key }) => key);

describe('changes of a scope', () => {
  it('are what one configuration reads and the other does not', () => {
    const changes = scopeChanges([part('a'), part('b')], [part('b'), part('c')]);
    expect(changes.added).toEqual([{ key: 'c', title: '#c' }]);
    expect(keys(changes.removed)).toEqual(['a']);
    expect(keys(changes.kept)).toEqual(['b']);
  });

  it('take a listed partition that is skipped for one that is not read', () => {
    const changes = scopeChanges(
      [part('a'), part('b', 'not joined')],
      [part('a', 'excluded'), part('b')],
    );
    expect([keys(changes.added), keys(changes.removed), keys(changes.kept)]).toEqual([
      ['b'],
      ['a'],
      [],
    ]);
  });

  it('are none when nothing changes, and sort every partition into one place', () => {
    const listing = fc.uniqueArray(
      fc.record({ key: fc.string({ maxLength: 3 }), skipped: fc.boolean() }),
      { selector: ({ key }) => key },
    );
    const parts = (rows: { key: string; skipped: boolean }[]) =>
      rows.map(({ key, skipped }) => part(key, skipped ? 'why' : undefined));
    fc.assert(
      fc.property(listing, listing, (one, other) => {
        const same = scopeChanges(parts(one), parts(one));
        expect([same.added, same.removed]).toEqual([[], []]);
        const { added, removed, kept } = scopeChanges(parts(one), parts(other));
        const all = [...added, ...removed, ...kept].map(({ key }) => key);
        expect(new Set(all).size).toBe(all.length);
        const read = [...one, ...other].filter(({ skipped }) => !skipped).map(({ key }) => key);
        expect(new Set(all)).toEqual(new Set(read));
      }),
    );
  });
});
