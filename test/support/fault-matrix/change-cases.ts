import { TransientSourceError } from '../../../connectors/sdk/errors.js';
import type { MatrixCases } from './matrix-cases.js';
import { textOf } from './synced-source.js';

/** Cases h, m, n and q: events, no-op saves, moves, renames and clocks that differ. */
export function changeCases({ bench, source, pageSize, isAt, when }: MatrixCases): void {
  describe('changes', () => {
    when('touch')('embeds nothing when the same content is saved again', async () => {
      const { one } = await source().fill({ one: pageSize + 1 });
      const { ids } = one;
      await source().sync();
      const before = await source().stored();
      for (const id of ids) await source().editor.touch!(id);
      const run = await source().sync();
      expect(run).toMatchObject({ status: 'success', counts: { created: 0, embedded: 0 } });
      expect((await source().stored()).map(({ memories }) => memories)).toEqual(
        before.map(({ memories }) => memories),
      );
      await source().expectIndexToEqualSource();
    });

    when('move')('embeds nothing when a document moves to another container', async () => {
      const { one, two } = await source().fill({ one: pageSize + 1, two: pageSize + 1 });
      await source().sync();
      const { editor } = source();
      const up = two.ids.at(-1)!;
      const down = one.ids[0]!;
      const kept = [await source().memoriesOf(up), await source().memoriesOf(down)];
      await editor.remove(two.ids[0]!);
      const moved = [await editor.move!(up, await editor.createContainer('a third place'))];
      moved.push(await editor.move!(down, await editor.createContainer('one more place')));
      const run = await source().sync();
      expect(run.counts).toMatchObject({ created: 0, deleted: 1, embedded: 0 });
      expect(await Promise.all(moved.map((id) => source().memoriesOf(id)))).toEqual(kept);
      await source().expectIndexToEqualSource();
    });

    when('rename')('keeps a renamed document, whose chunks alone are embedded', async () => {
      const { one } = await source().fill({ one: pageSize + 1 });
      const { ids } = one;
      await source().sync();
      const kept = await source().memoriesOf(ids[0]!);
      const renamed = await source().editor.rename!(ids[0]!, 'zz-renamed');
      const run = await source().sync();
      // The title is part of what is embedded, unless it comes from the content.
      expect(run.counts).toMatchObject({ created: 0, deleted: 0 });
      expect(run.counts.embedded).toBeLessThanOrEqual(kept.length);
      expect(await source().memoriesOf(renamed)).toEqual(kept);
      await source().expectIndexToEqualSource();
    });

    when('rename')('keeps what its owner deleted gone, under any name', async () => {
      const { one } = await source().fill({ one: 3 });
      await source().sync();
      const [memory] = await source().memoriesOf(one.ids[0]!);
      const path = `/v1/memory/collections/${encodeURIComponent(source().collection)}/memories`;
      await bench().app.request('DELETE', `${path}/${memory}`);
      expect((await source().visible()).size).toBe(2);
      const renamed = await source().editor.rename!(one.ids[0]!, 'zz-renamed');
      await source().sync();
      await source().sync({ full: true });
      expect((await source().visible()).has(renamed)).toBe(false);
      expect((await source().visible()).size).toBe(2);
    });

    when('rename')('keeps two documents apart that swap their names', async () => {
      const { one } = await source().fill({ one: 3 });
      const { ids } = one;
      await source().sync();
      const { editor } = source();
      const aside = await editor.rename!(ids[0]!, 'aside');
      await editor.rename!(ids[1]!, 'note-0000');
      await editor.rename!(aside, 'note-0001');
      const run = await source().sync();
      expect(run.counts).toMatchObject({ created: 0, deleted: 0 });
      await source().expectIndexToEqualSource();
    });

    when('rename')('bears a rename in mid-listing', async () => {
      const { one } = await source().fill({ one: 3 * pageSize });
      const { ids } = one;
      const { editor } = source();
      for (const [from, name] of [
        [ids[0]!, 'zz-behind'],
        [ids.at(-1)!, 'aa-ahead'],
      ] as const) {
        bench().hooks = {
          async beforePage(place) {
            if (isAt(place, 2)) await editor.rename!(from, name);
          },
        };
        await source().sync();
        bench().hooks = {};
        await source().sync();
        await source().expectIndexToEqualSource();
      }
    });

    it('follows a document through edit, removal and return', async () => {
      const { one } = await source().fill({ one: pageSize });
      const [id] = one.ids;
      await source().sync();
      const { editor } = source();
      const text = textOf('what comes back');
      await editor.edit(id!, text);
      expect((await source().sync()).counts).toMatchObject({ updated: 1, embedded: 1 });
      await source().expectIndexToEqualSource();
      await editor.remove(id!);
      expect((await source().sync()).counts).toMatchObject({ deleted: 1, embedded: 0 });
      await source().expectIndexToEqualSource();
      await editor.put(one.key, 'note-0000', text);
      expect((await source().sync()).status).toBe('success');
      await source().expectIndexToEqualSource();
    });

    it('acts on events before the listing, whatever their order and number', async () => {
      const { one } = await source().fill({ one: 2 * pageSize });
      const { ids } = one;
      await source().sync();
      await source().editor.edit(ids[1]!, textOf('an edit with an event'));
      await source().editor.remove(ids[2]!);
      const fresh = await source().editor.put(one.key, 'note-0009-new', textOf('a late arrival'));
      const { connection } = source();
      // Late, early and for something that never was; one row stands for any number of events.
      const refs = [ids[2]!, fresh, ids[1]!, ids[0]!, `${ids[0]!}-that-never-was`];
      await bench().database.asSystem((tx) =>
        tx.query(
          `insert into pending_refs (connection_id, external_id, cause, partition_key)
           select $1, id, 'webhook', $3 from unnest($2::text[]) id`,
          [connection, refs, one.key],
        ),
      );
      const seen: ReadonlySet<string>[] = [];
      bench().hooks = {
        async beforePage({ page }) {
          if (page === 1 && seen.length === 0) seen.push(await source().visible());
        },
      };
      const run = await source().sync();
      expect(run).toMatchObject({ status: 'success', counts: { created: 1, deleted: 1 } });
      expect(seen[0]).toContain(fresh);
      expect(seen[0]).not.toContain(ids[2]);
      await source().expectIndexToEqualSource();
    });

    it.each([-120, 120])('bears a clock that is off by %i s', async (seconds) => {
      const { clock } = bench();
      clock.advance(seconds * 1000);
      try {
        const { one } = await source().fill({ one: pageSize + 1 });
        const { ids } = one;
        expect((await source().sync()).status).toBe('success');
        await source().editor.edit(ids[0]!, textOf('an edit under another clock'));
        await source().editor.remove(ids[1]!);
        const run = await source().sync();
        expect(run.counts).toMatchObject({ updated: 1, deleted: 1, embedded: 1 });
        await source().expectIndexToEqualSource();
      } finally {
        clock.advance(-seconds * 1000);
      }
    });

    it.each([-120, 120])(
      'waits no longer and no less for a clock that is off by %i s',
      async (seconds) => {
        const { clock, database } = bench();
        const { one } = await source().fill({ one: pageSize + 1 });
        let failed = false;
        bench().hooks = {
          beforePage(place) {
            if (failed || !isAt(place, 2, one.key)) return;
            failed = true;
            throw new TransientSourceError('down', 'The source is down.');
          },
        };
        clock.advance(seconds * 1000);
        try {
          const parked = await source().sync();
          const [row] = await database.asSystem((tx) =>
            tx.query<{ seconds: number }[]>(
              `select extract(epoch from (waiting ->> 'until')::timestamptz - updated_at)::float as seconds
               from runs where id = $1`,
              [parked.id],
            ),
          );
          // 5 s for a first failure.
          expect(row!.seconds).toBeGreaterThan(3);
          expect(row!.seconds).toBeLessThan(7);
          expect((await source().goOn(parked)).status).toBe('success');
        } finally {
          clock.advance(-seconds * 1000);
        }
        await source().expectIndexToEqualSource();
      },
    );
  });
}
