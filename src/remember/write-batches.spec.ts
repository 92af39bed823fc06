import fc from 'fast-check';
import type { DocumentRow } from './document-row.js';
import { without, writeBatches, type EmbeddedDocument, type WriteBatch } from './write-batches.js';

const document = (id: string, chunks: number, isNew: boolean): EmbeddedDocument => ({
  row: { id, version: 'v', state: 'live', contentHash: 'h', chunkCount: chunks } as DocumentRow,
  isNew,
  fresh: Array.from({ length: chunks }, (_, at) => ({
    row: { id: `${id}-${at}`, documentId: id, textHash: `${at}` },
  })) as unknown as EmbeddedDocument['fresh'],
  reordered: [],
  keptCount: 0,
  removed: isNew ? [] : [{ id: `${id}-old`, documentId: id }],
});

const sizes = (writeBatch: number) => ({ writeBatch, lightBatch: 10 * writeBatch });

const documents = fc
  .array(fc.tuple(fc.nat(70), fc.boolean()), { maxLength: 30 })
  .map((shapes) => shapes.map(([chunks, isNew], at) => document(`d${at}`, chunks, isNew)));

describe('writeBatches', () => {
  it('writes every chunk once, in transactions of at most the given size', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 25 }), (all, size) => {
        const batches = [...writeBatches(all, sizes(size))];
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
        for (const batch of writeBatches(all, sizes(size))) {
          for (const row of batch.documents) stored.add(row.id);
          for (const { row } of batch.fresh) {
            expect(stored).toContain(row.documentId);
            chunks.set(row.documentId!, (chunks.get(row.documentId!) ?? 0) + 1);
          }
          for (const row of batch.documents)
            if (row.state === 'live') expect(chunks.get(row.id) ?? 0).toBe(row.chunkCount);
          for (const { id } of batch.removed)
            expect(batch.documents.map((row) => `${row.id}-old`)).toContain(id);
        }
      }),
    );
  });

  it('prunes and moves chunks in parts, once the new ones are in and before the row says so', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.nat(40),
        fc.nat(40),
        fc.integer({ min: 1, max: 9 }),
        (...given) => {
          const [fresh, moved, gone, size] = given;
          const chunks = (kind: string, n: number) =>
            Array.from({ length: n }, (_, at) => ({ id: `${kind}${at}`, documentId: 'd' }));
          const edited = {
            ...document('d', fresh, false),
            reordered: chunks('moved', moved) as unknown as EmbeddedDocument['reordered'],
            removed: chunks('gone', gone),
          };
          const batches = [...writeBatches([document('c', 1, false), edited], sizes(size))];
          const lists = batches.flatMap((batch) => [batch.fresh, batch.reordered, batch.removed]);
          expect(Math.max(...lists.map((list) => list.length))).toBeLessThanOrEqual(size);
          expect(batches.flatMap((batch) => batch.reordered)).toEqual(edited.reordered);
          const removed = batches.flatMap((batch) => batch.removed);
          expect(removed.filter(({ documentId }) => documentId === 'd')).toEqual(edited.removed);
          const of = (batch: WriteBatch) => batch.documents.some(({ id }) => id === 'd');
          expect(batches.map(of)).toEqual(batches.map((batch) => batch === batches.at(-1)));
          const isPruned = (batch: WriteBatch) =>
            batch.removed.some(({ documentId }) => documentId === 'd');
          const first = batches.findIndex(isPruned);
          const later = first < 0 ? [] : batches.slice(first + 1).flatMap((batch) => batch.fresh);
          expect(later).toEqual([]);
        },
      ),
    );
  });

  it('leaves a half-written new document unfinished, so that a crash has it done again', () => {
    const [first, second] = [...writeBatches([document('d', 3, true)], sizes(2))];
    expect(first!.documents).toMatchObject([{ state: 'pending', version: '', contentHash: null }]);
    expect(second!.documents).toMatchObject([{ state: 'live', version: 'v' }]);
  });

  it('names the documents that have a row before it, and no other', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 25 }), (all, size) => {
        const rows = new Set(all.filter((one) => !one.isNew).map((one) => one.row.id));
        for (const { documents, fresh, stored } of writeBatches(all, sizes(size))) {
          const own = [
            ...documents.map(({ id }) => id),
            ...fresh.map(({ row }) => row.documentId!),
          ];
          const expected = new Set(own.filter((id) => rows.has(id)));
          expect(new Set(stored)).toEqual(expected);
          for (const { id } of documents) rows.add(id);
        }
      }),
    );
  });

  it('leaves out what was removed meanwhile', () => {
    const [batch] = [
      ...writeBatches([document('a', 2, false), document('b', 2, false)], sizes(25)),
    ];
    const nothing = { documents: new Set<string>(), texts: new Map<string, Set<string>>() };
    expect(without(batch!, nothing)).toBe(batch);
    const texts = new Map([['b', new Set(['0'])]]);
    expect(without(batch!, { documents: new Set(['a']), texts })).toMatchObject({
      documents: [{ id: 'b' }],
      relabelled: [{ id: 'b' }],
      fresh: [{ row: { id: 'b-1' } }],
      removed: [{ id: 'b-old' }],
    });
  });
});
