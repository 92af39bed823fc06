import fc from 'fast-check';
import type { DocumentRow } from './document-row.js';
import { labelParts, type RelabelledDocument } from './label-parts.js';

const sizes = { writeBatch: 5, lightBatch: 50 };

const documents = fc.array(fc.tuple(fc.nat(70), fc.boolean()), { maxLength: 30 }).map((shapes) =>
  shapes.map(([chunkCount, reworded], at): RelabelledDocument => ({
    row: { id: `d${at}`, chunkCount } as DocumentRow,
    reworded,
  })),
);

describe('labelParts', () => {
  it('completes every document once, in order', () => {
    fc.assert(
      fc.property(documents, (all) => {
        const parts = [...labelParts(all, sizes)].filter(({ to }) => to === null);
        expect(parts.flatMap((part) => part.documents)).toEqual(all);
      }),
    );
  });

  it('is small: few words, and few labels unless of one document', () => {
    fc.assert(
      fc.property(documents, (all) => {
        for (const { documents: some, from, to } of labelParts(all, sizes)) {
          const chunks = (of: readonly RelabelledDocument[]) =>
            of.reduce((sum, { row }) => sum + row.chunkCount, 0);
          const words = chunks(some.filter(({ reworded }) => reworded));
          expect((to ?? words) - from).toBeLessThanOrEqual(sizes.writeBatch);
          if (some.length > 1) expect(chunks(some)).toBeLessThanOrEqual(sizes.lightBatch);
        }
      }),
    );
  });

  it('writes the words of a large document in parts, its labels and its row with the last', () => {
    const row = { id: 'd', chunkCount: 12 } as DocumentRow;
    const parts = [...labelParts([{ row, reworded: true }], sizes)];
    expect(parts.map(({ from, to }) => [from, to])).toEqual([
      [0, 5],
      [5, 10],
      [10, null],
    ]);
  });
});
