import fc from 'fast-check';
import { textHash } from '../remember/normalise.js';
import { CopyCounts } from './copy-counts.js';

type Text = readonly [hash: string, tag: string | null];

/** Imports texts into a multiset that stands for the collection; answers how many were added. */
function importInto(stored: Map<string, number>, texts: readonly Text[]): number {
  const before = new Map(stored);
  const counts = new CopyCounts();
  let added = 0;
  for (const [hash, tag] of texts) {
    const unknown = counts.unknown([hash]);
    const found = [...before].flatMap(([at, copies]) => {
      const [text_hash, container_tag] = JSON.parse(at) as [string, string | null];
      return unknown.includes(text_hash) ? [{ text_hash, container_tag, copies }] : [];
    });
    counts.learn(unknown, found);
    if (counts.take(hash, tag)) continue;
    const at = JSON.stringify([hash, tag]);
    stored.set(at, (stored.get(at) ?? 0) + 1);
    added++;
  }
  return added;
}

const text: fc.Arbitrary<Text> = fc.tuple(
  fc.constantFrom('a', 'b', 'c').map(textHash),
  fc.constantFrom(null, 'x', 'y'),
);

describe('copy counts', () => {
  it('let an empty collection take everything, equal texts too, and a repeat nothing', () => {
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const stored = new Map<string, number>();
        expect(importInto(stored, texts)).toBe(texts.length);
        expect(importInto(stored, texts)).toBe(0);
      }),
    );
  });

  it('let an interrupted import finish', () => {
    fc.assert(
      fc.property(fc.array(text), fc.nat(), (texts, cut) => {
        const stored = new Map<string, number>();
        const first = importInto(stored, texts.slice(0, cut % (texts.length + 1)));
        expect(first + importInto(stored, texts)).toBe(texts.length);
      }),
    );
  });
});
