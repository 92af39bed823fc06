import fc from 'fast-check';
import { planDedup, type DedupMember, type PlannedCluster } from './dedup-plan.js';

interface NearPair {
  readonly a: number;
  readonly b: number;
  readonly score: number;
}

/** The whole plan for groups of which these pairs are near. */
function planFor(
  groups: readonly (readonly DedupMember[])[],
  pairs: readonly NearPair[],
): PlannedCluster[] {
  const gone = new Set<number>();
  const near = {
    take(at: number) {
      gone.add(at);
      const scores = new Map<number, number>();
      for (const { a, b, score } of pairs) {
        if (a === at) scores.set(b, score);
        if (b === at) scores.set(a, score);
      }
      return [...scores].filter(([n]) => !gone.has(n)).map(([n, score]) => ({ at: n, score }));
    },
    remove: (at: number) => void gone.add(at),
  };
  return [...planDedup(groups, near)].filter((cluster) => cluster !== null);
}

const member = (id: string, traits: Partial<DedupMember> = {}): DedupMember => ({
  id,
  pinned: false,
  synced: false,
  importance: 0.7,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  ...traits,
});

describe('dedup plan', () => {
  it('keeps the oldest of equal texts', () => {
    const plan = planFor(
      [[member('new', { createdAt: new Date('2026-02-01T00:00:00Z') }), member('old')]],
      [],
    );
    expect(plan).toEqual([{ keep: 'old', duplicates: [{ id: 'new', score: 1 }] }]);
  });

  it('prefers the pinned one, then the synced one, then the important one', () => {
    const plain = member('plain');
    const important = member('important', { importance: 0.9 });
    const synced = member('synced', { synced: true });
    const pinned = member('pinned', { pinned: true, importance: 0.1 });
    expect(planFor([[plain, important]], [])[0]?.keep).toBe('important');
    expect(planFor([[plain, important, synced]], [])[0]?.keep).toBe('synced');
    expect(planFor([[plain, important, synced, pinned]], [])[0]?.keep).toBe('pinned');
  });

  it('takes in near groups with their score', () => {
    const plan = planFor(
      [[member('a', { importance: 0.9 })], [member('b')], [member('c')]],
      [{ a: 1, b: 0, score: 0.97 }],
    );
    expect(plan).toEqual([{ keep: 'a', duplicates: [{ id: 'b', score: 0.97 }] }]);
  });

  it('does not delete along a chain what is not near to the memory that stays', () => {
    const plan = planFor(
      [[member('a', { importance: 0.9 })], [member('b', { importance: 0.8 })], [member('c')]],
      [
        { a: 0, b: 1, score: 0.96 },
        { a: 1, b: 2, score: 0.96 },
      ],
    );
    expect(plan).toEqual([{ keep: 'a', duplicates: [{ id: 'b', score: 0.96 }] }]);
  });

  it('reports no cluster where nothing may be deleted', () => {
    const synced = [member('s1', { synced: true }), member('s2', { synced: true })];
    const pinned = [member('p1', { pinned: true }), member('p2', { pinned: true })];
    expect(planFor([synced, pinned], [{ a: 0, b: 1, score: 1 }])).toEqual([]);
  });

  it('never deletes a kept, pinned or synced memory, and leaves something near each deleted', () => {
    const cases = fc
      .array(
        fc.array(
          fc.record({
            pinned: fc.boolean(),
            synced: fc.boolean(),
            importance: fc.constantFrom(0.1, 0.5, 0.9),
            createdAt: fc.date({ noInvalidDate: true }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        { minLength: 1, maxLength: 8 },
      )
      .chain((traits) =>
        fc.record({
          traits: fc.constant(traits),
          links: fc.array(
            fc.tuple(fc.nat({ max: traits.length - 1 }), fc.nat({ max: traits.length - 1 })),
            { maxLength: 12 },
          ),
        }),
      );
    fc.assert(
      fc.property(cases, ({ traits, links }) => {
        const groups = traits.map((group, g) => group.map((one, m) => member(`${g}:${m}`, one)));
        const pairs: NearPair[] = links
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => ({ a, b, score: 0.96 }));
        const plan = planFor(groups, pairs);
        const deleted = plan.flatMap(({ duplicates }) => duplicates.map(({ id }) => id));
        expect(new Set(deleted).size).toBe(deleted.length);
        const byId = new Map(groups.flat().map((one) => [one.id, one]));
        for (const id of deleted) {
          expect(byId.get(id)).toMatchObject({ pinned: false, synced: false });
        }
        const groupOf = (id: string): number => Number(id.split(':')[0]);
        for (const { keep, duplicates } of plan) {
          expect(deleted).not.toContain(keep);
          for (const { id } of duplicates) {
            const [from, to] = [groupOf(keep), groupOf(id)];
            const isNear = pairs.some(
              ({ a, b }) => (a === from && b === to) || (a === to && b === from),
            );
            expect(from === to || isNear).toBe(true);
          }
        }
      }),
    );
  });
});
