import type { LaneDefinition, Page } from '../../../connectors/sdk/contract.js';
import { LaneLedger } from './lane-ledger.js';

const lane = (kind: LaneDefinition['kind']): LaneDefinition => ({
  ...{ name: 'lane', checkpointVersion: 1 },
  kind,
});
const page = (more: Partial<Page> = {}): Page => ({
  ...{ documents: [], tombstones: [], failures: [], skipped: {}, checkpoint: {} },
  complete: false,
  ...more,
});
const time = new Date('2026-05-08T00:00:00Z');
const EVERYTHING = [{ from: null, to: null }];

function ledgerOf(kind: LaneDefinition['kind'], ...pages: Page[]): LaneLedger {
  const ledger = new LaneLedger('channel', lane(kind), 'A channel');
  for (const one of pages) ledger.advance(one);
  if (!ledger.finished) ledger.ended();
  return ledger;
}

describe('LaneLedger', () => {
  it('takes a sweep for whole only by its last page and without any gap', () => {
    expect(ledgerOf('sweep', page(), page({ complete: true }))).toMatchObject({
      ...{ complete: true, proven: EVERYTHING },
    });
    expect(ledgerOf('sweep', page())).toMatchObject({
      ...{ complete: false, proven: [], gapReason: 'the listing ended without its last page' },
    });
    expect(
      ledgerOf('sweep', page({ gapReason: 'cut off' }), page({ complete: true })),
    ).toMatchObject({ complete: false, proven: [], gapReason: 'cut off' });
  });

  it('takes nothing of a sweep for proven until it has ended', () => {
    const ledger = new LaneLedger('channel', lane('sweep'), 'A channel');
    ledger.advance(page({ range: { from: null, to: null } }));
    expect(ledger.proven).toEqual([]);
  });

  it('takes a feed at the word of its ranges, with a gap or without', () => {
    const range = { from: time, to: null };
    expect(ledgerOf('feed', page({ range }))).toMatchObject({
      ...{ complete: false, proven: [range], gapReason: 'backfill in progress' },
    });
    expect(ledgerOf('feed', page({ range, gapReason: 'rotating' }))).toMatchObject({
      ...{ complete: false, proven: [range], gapReason: 'rotating' },
    });
    expect(
      ledgerOf('feed', page({ range }), page({ range: { from: null, to: time } })),
    ).toMatchObject({ complete: true, proven: EVERYTHING, gapReason: null });
  });

  it('asks no more of a feed that names no ranges', () => {
    expect(ledgerOf('feed')).toMatchObject({ complete: true, proven: [] });
    expect(ledgerOf('feed', page())).toMatchObject({ complete: true, proven: [] });
    expect(ledgerOf('feed', page({ gapReason: 'rotating' }))).toMatchObject({ complete: false });
  });

  it.each<[LaneDefinition['kind'], Page, number]>([
    ['sweep', page(), 1],
    ['feed', page(), 3],
    ['feed', page({ range: { from: new Date(time.getTime() + 1), to: null } }), 3],
    ['feed', page({ range: { from: null, to: time } }), 1],
  ])('counts attempts that failed since a %s got ahead (%#)', (kind, next, count) => {
    const before = new LaneLedger('channel', lane(kind), 'A channel');
    before.advance(page({ range: { from: time, to: null } }));
    expect([before.failed(), before.failed()]).toEqual([1, 2]);
    const after = new LaneLedger('channel', lane(kind), 'A channel', before.toState());
    after.advance(next);
    expect(after.failed()).toBe(count);
  });

  it('goes on where an earlier attempt stopped', () => {
    const before = new LaneLedger('channel', lane('feed'), 'A channel');
    before.seen.add(7);
    before.advance(page({ range: { from: time, to: null }, expected: 9 }));
    const after = new LaneLedger('channel', lane('feed'), 'A channel', before.toState());
    after.advance(page({ range: { from: null, to: time }, complete: true }));
    expect(after).toMatchObject({
      ...{ finished: true, complete: true, proven: EVERYTHING },
      counts: { pages: 2, expected: 9 },
    });
    expect(after.seen.has(7)).toBe(true);
  });
});
