import { type Cases, fill } from './harness.contract.js';
import { expectIndexToEqualSource, ReferenceEngine } from './reference-engine.contract.js';

/** Fault matrix a (page boundary), b (changes while listing), q (clock skew), r (two at once). */
export function listingCases({ bench, pageSize, listingLane, when }: Cases): void {
  describe('a listing', () => {
    it.each([
      ['an empty container', 0],
      ['one document', 1],
      ['exactly one page', pageSize],
      ['one page and one document', pageSize + 1],
    ])('of %s is complete and has every document once', async (_, count) => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, count);
      const engine = new ReferenceEngine(bench());
      const report = await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
      expect(report.read).toHaveLength(count);
      expect(report.complete).toContain(container);
      expect(report.failures).toEqual([]);
    });

    it('keeps containers apart', async () => {
      const { editor } = bench();
      const [one, two] = [await editor.createContainer('one'), await editor.createContainer('two')];
      await editor.put(one, 'note', 'The text in one.');
      await editor.put(two, 'note', 'The text in two.');
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    it('reads no content by itself', async () => {
      const { editor, connector, context } = bench();
      await fill(editor, await editor.createContainer('work'), 3);
      const before = editor.contentReads();
      const documents = new Set<string>();
      for await (const partition of connector.partitions(context())) {
        for (const lane of connector.lanes) {
          for await (const page of connector.pull(context(), partition, lane.name, null)) {
            for (const document of page.documents)
              if (typeof document.body === 'function') documents.add(document.externalId);
          }
        }
      }
      expect(documents.size).toBe(3);
      expect(editor.contentReads()).toBe(before);
    });

    it('survives edits, new and removed documents between two pages', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, 2 * pageSize + 1);
      const engine = new ReferenceEngine(bench());
      const first = await engine.sync({
        partition: container,
        lane: listingLane,
        afterPage: async (page) => {
          if (page !== 1) return;
          await editor.edit(ids[0]!, 'Edited behind the listing.');
          await editor.edit(ids.at(-1)!, 'Edited ahead of the listing.');
          await editor.remove(ids[1]!);
          await editor.remove(ids.at(-2)!);
          await editor.put(container, 'aaa', 'New at the beginning.');
          await editor.put(container, 'zzz', 'New at the end.');
        },
      });
      const truth = await editor.truth();
      expect(first.deleted.filter((id) => truth.has(id))).toEqual([]);
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('rename')('shows a document renamed between two pages after the next run', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, pageSize + 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await engine.sync({
        partition: container,
        lane: listingLane,
        afterPage: async (page) => {
          if (page === 1) await editor.rename!(ids.at(-1)!, 'aaa-renamed');
        },
      });
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    it.each([-120_000, 120_000])('does not depend on the clock (%i ms off)', async (skewMs) => {
      const { editor } = bench();
      const [id] = await fill(editor, await editor.createContainer('work'), 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync({ skewMs });
      await editor.edit(id!, 'Edited at an odd time.');
      await engine.sync({ skewMs });
      await expectIndexToEqualSource(bench(), engine);
    });

    it('can run twice at once', async () => {
      const { editor } = bench();
      await fill(editor, await editor.createContainer('work'), pageSize + 1);
      const engines = [new ReferenceEngine(bench()), new ReferenceEngine(bench())];
      await Promise.all(engines.map((engine) => engine.sync()));
      for (const engine of engines) await expectIndexToEqualSource(bench(), engine);
    });

    it('stops when the run is aborted', async () => {
      const { editor, connector, context } = bench();
      const key = await editor.createContainer('work');
      await fill(editor, key, pageSize + 1);
      const abort = new AbortController();
      const ctx = context({ signal: abort.signal });
      const listing = async () => {
        const pages = connector.pull(ctx, { key, title: key }, listingLane, null);
        for await (const page of pages) if (!page.complete) abort.abort(new Error('drained'));
      };
      await expect(listing()).rejects.toThrow('drained');
    });
  });
}
