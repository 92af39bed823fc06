import fc from 'fast-check';
import type { DocumentRow } from './document-row.js';
import { writeBatches, type EmbeddedDocument } from './write-batches.js';

const document = (id: string, chunks: number, isNew: boolean): EmbeddedDocument => ({
  row: { id, version: 'v', state: 'live', contentHash: 'h', chunkCount: chunks } as DocumentRow,
  isNew,
  fresh: Array.from({ length: chunks }, (_, at) => ({
    row: { id: `${id}-${at}`, documentId: id },
  })) as unknown as EmbeddedDocument['fresh'],
  reordered: [],
  keptCount: 0,
  removed: isNew ? [] : [`${id}-old`],
});

const documents = fc
  .array(fc.tuple(fc.nat(70), fc.boolean()), { maxLength: 30 })
  .map((shapes) => shapes.map(([chunks, isNew], at) => document(`d${at}`, chunks, isNew)));

describe('writeBatches', () => {
  it('writes every chunk once, in transactions of at most the given size', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 25 }), (all, size) => {
        const batches = [...writeBatches(all, size)];
        expect(batches.every((batch) => batch.fresh.length <= size)).toBe(true);
        const written = batches.flatMap((batch) => batch.fresh.map((chunk) => chunk.row.id));
        expect(written).toEqual(all.flatMap((one) => one.fresh.map((chunk) => chunk.row.id)));
      }),
    );
  });

  it('finishes and prunes a document only with its last chunk, and never writes a chunk before its row', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 25 }), (all, size) => {
        const stored = new Set(all.filter((one) => !one.isNew).map((one) => one.row.id));
        const chunks = new Map<string, number>();
        for (const batch of writeBatches(all, size)) {
          for (const row of batch.documents) stored.add(row.id);
          for (const { row } of batch.fresh) {
            expect(stored).toContain(row.documentId);
            chunks.set(row.documentId!, (chunks.get(row.documentId!) ?? 0) + 1);
          }
          for (const row of batch.documents)
            if (row.state === 'live') expect(chunks.get(row.id) ?? 0).toBe(row.chunkCount);
          for (const id of batch.removed)
            expect(batch.documents.map((row) => `${row.id}-old`)).toContain(id);
        }
      }),
    );
  });

  it('leaves a half-written new document unfinished, so that a crash has it done again', () => {
    const [first, second] = [...writeBatches([document('d', 3, true)], 2)];
    expect(first!.documents).toMatchObject([{ state: 'pending', version: '', contentHash: null }]);
    expect(second!.documents).toMatchObject([{ state: 'live', version: 'v' }]);
  });
});
