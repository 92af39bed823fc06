import type { ListedDocument } from './classify.js';
import { heedFailures } from './heed-failures.js';

const now = new Date('2026-05-08T12:00:00Z');
const before = new Date(now.getTime() - 1);
const after = new Date(now.getTime() + 1);

type Kind = 'unchanged' | 'relabelled' | 'toRead';

/** What becomes of a document of that kind, in version 1, with an open failure. */
function heeded(kind: Kind, nextAt: Date | null, { version = '1', isFull = false } = {}) {
  const document = { source: { externalId: 'a', version: '1' } } as ListedDocument;
  const classified = { unchanged: [], relabelled: [], toRead: [], [kind]: [document] };
  const open = [{ externalId: 'a', stage: 'extract' as const, version, nextAt }];
  const { postponed, labelledAnyway: _, ...rest } = heedFailures(classified, open, { now, isFull });
  const kinds = (Object.keys(rest) as Kind[]).filter((one) => rest[one].length > 0);
  return { kinds, postponed: postponed.length > 0 };
}

const STAYS = (kind: Kind) => ({ kinds: [kind], postponed: true });
const PASSES = (kind: Kind) => ({ kinds: [kind], postponed: false });

describe('heedFailures', () => {
  it('reads what failed when its backoff is over, and with everything', () => {
    expect(heeded('toRead', after)).toEqual({ kinds: [], postponed: true });
    expect(heeded('toRead', before)).toEqual(PASSES('toRead'));
    expect(heeded('toRead', after, { isFull: true })).toEqual(PASSES('toRead'));
    expect(heeded('toRead', null)).toEqual(PASSES('toRead'));
  });

  it.each(['unchanged', 'relabelled'] as const)(
    'leaves a failure of what is %s open, and reads it when that is due',
    (kind) => {
      expect(heeded(kind, null)).toEqual(STAYS(kind));
      expect(heeded(kind, after)).toEqual(STAYS(kind));
      expect(heeded(kind, before)).toEqual(PASSES('toRead'));
    },
  );

  it('takes no notice of a failure of another version', () => {
    for (const kind of ['unchanged', 'relabelled', 'toRead'] as const)
      expect(heeded(kind, after, { version: '2' })).toEqual(PASSES(kind));
  });
});
