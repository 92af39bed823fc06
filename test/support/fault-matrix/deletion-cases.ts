import { TransientSourceError } from '../../../connectors/sdk/errors.js';
import { HOLD_COUNT } from '../../../src/sync/deletions/hold-rule.js';
import type { MatrixCases } from './matrix-cases.js';
import { textOf, type Filled } from './synced-source.js';

/** Cases i, j and k: what is removed, taken away or lost. */
export function deletionCases({ bench, source, pageSize, isAt, when }: MatrixCases): void {
  const removeEach = async ({ ids }: Filled): Promise<void> => {
    for (const id of ids) await source().editor.remove(id);
  };
  const removeContainer = ({ key }: Filled): Promise<void> => source().editor.removeContainer!(key);
  /** Some sources do not say whether a container was deleted or access to it taken away. */
  const hidden = ({ deleted, lost_access }: { deleted: number; lost_access: number }): number =>
    deleted + lost_access;

  describe('deletions', () => {
    it('hides what was removed, first, middle and last, and nothing else', async () => {
      const { one } = await source().fill({ one: 3 * pageSize });
      const { ids } = one;
      await source().sync();
      for (const id of [ids[0]!, ids[pageSize]!, ids.at(-1)!]) await source().editor.remove(id);
      const run = await source().sync();
      expect(run).toMatchObject({ status: 'success', counts: { deleted: 3, embedded: 0 } });
      await source().expectIndexToEqualSource();
    });

    when('removeContainer')('hides what was in a removed container', async () => {
      const { two } = await source().fill({ one: pageSize, two: pageSize + 1 });
      await source().sync();
      await removeContainer(two);
      const run = await source().sync();
      expect(run).toMatchObject({
        ...{ status: 'success', held_deletions: null, counts: { created: 0, embedded: 0 } },
      });
      expect(hidden(run.counts)).toBe(pageSize + 1);
      await source().expectIndexToEqualSource();
    });

    when('removeContainer')('bears a container that goes in mid-listing', async () => {
      const { one } = await source().fill({ one: 2 * pageSize, two: pageSize });
      await source().sync();
      bench().hooks = {
        async beforePage(place) {
          if (isAt(place, 2, one.key)) await removeContainer(one);
        },
      };
      const first = await source().sync();
      expect(first.status).not.toBe('error');
      bench().hooks = {};
      await source().sync();
      await source().expectIndexToEqualSource();
    });

    for (const [what, remove, can] of [
      ['many documents', removeEach, it],
      ['a large container', removeContainer, when('removeContainer')],
    ] as const)
      can(`holds the deletion of ${what} until a person confirms it`, async () => {
        const lost = HOLD_COUNT + 1;
        const { two } = await source().fill({ one: 3, two: lost });
        await source().sync();
        await remove(two);
        for (let sync = 1; sync <= 2; sync += 1) {
          const run = await source().sync();
          expect(run).toMatchObject({
            status: 'partial',
            counts: { deleted: 0, lost_access: 0 },
            held_deletions: { count: lost, partitions: [two.key] },
          });
          expect((await source().visible()).size).toBe(lost + 3);
        }
        const settled = await source().post('deletions/confirm');
        expect(settled).toMatchObject({ status: 200, body: { kept: 0 } });
        expect(hidden(settled.body)).toBe(lost);
        await source().expectIndexToEqualSource();
        expect(await source().sync()).toMatchObject({ status: 'success', held_deletions: null });
        await source().expectIndexToEqualSource();
      });

    it('keeps a held deletion that a person rejects', async () => {
      const lost = HOLD_COUNT + 1;
      const { two } = await source().fill({ one: 3, two: lost });
      await source().sync();
      await (source().editor.removeContainer ? removeContainer(two) : removeEach(two));
      await source().sync();
      const settled = await source().post('deletions/reject');
      expect(settled).toMatchObject({ status: 200, body: { deleted: 0, kept: lost } });
      expect((await source().visible()).size).toBe(lost + 3);
      expect(await source().get()).toMatchObject({ held_deletions: null });
      // Rejecting settles what was held, not what the source says next time.
      expect(await source().sync()).toMatchObject({ held_deletions: { count: lost } });
      const confirmed = await source().post('deletions/confirm');
      expect(confirmed.body).toMatchObject({ kept: 0 });
      expect(hidden(confirmed.body)).toBe(lost);
      await source().expectIndexToEqualSource();
    });

    it('deletes nothing on suspicion alone', async () => {
      const { one } = await source().fill({ one: pageSize + 1 });
      const { ids } = one;
      await source().sync();
      await source().editor.remove(ids[0]!);
      bench().hooks = {
        beforeVerify() {
          throw new TransientSourceError('down', 'The source does not answer.');
        },
      };
      const parked = await source().sync();
      expect(parked.status).toBe('waiting');
      // Nothing is held, so there is nothing that a person could confirm.
      const confirmed = await source().post('deletions/confirm');
      expect(confirmed).toMatchObject({ status: 409, body: { code: 'no_held_deletions' } });
      expect((await source().visible()).size).toBe(pageSize + 1);
      bench().hooks = {};
      expect(await source().goOn(parked)).toMatchObject({ status: 'success' });
      await source().expectIndexToEqualSource();
    });

    when('denyContainer')('keeps what is in a container that is out of reach', async () => {
      const { one, two } = await source().fill({ one: pageSize + 1, two: pageSize });
      await source().sync();
      await source().editor.denyContainer!(one.key);
      const fresh = await source().editor.put(two.key, 'note-9999', textOf('news elsewhere'));
      const run = await source().sync();
      expect(run.counts.deleted).toBe(0);
      const stored = await source().stored();
      const denied = new Set(one.ids);
      const states = stored.filter(({ externalId }) => denied.has(externalId));
      expect(states).toHaveLength(pageSize + 1);
      for (const { state } of states) expect(['live', 'lost_access']).toContain(state);
      expect(await source().visible()).toContain(fresh);
      await source().editor.repair();
      const again = await source().sync();
      expect(again).toMatchObject({ status: 'success', counts: { created: 0, embedded: 0 } });
      await source().expectIndexToEqualSource();
    });

    when('loseAccount').each(['before the listing', 'in mid-listing'])(
      'keeps everything when the account is lost %s, and stops',
      async (when) => {
        await source().fill({ one: 3 * pageSize });
        await source().sync();
        if (when === 'before the listing') await source().editor.loseAccount!();
        bench().hooks = {
          async beforePage(place) {
            if (when === 'in mid-listing' && isAt(place, 2)) await source().editor.loseAccount!();
          },
        };
        const run = await source().settled(await source().ask());
        expect(run).toMatchObject({ status: 'error', error: expect.any(String) });
        expect((await source().visible()).size).toBe(3 * pageSize);
        const shown = await source().get();
        expect(['paused', 'needs_auth']).toContain(shown.status);
        expect(shown.status_reason).toBe(run.error);
        bench().hooks = {};
        await source().editor.repair();
        expect((await source().post('resume')).body.status).toBe('active');
        const again = await source().sync();
        expect(again).toMatchObject({ status: 'success', counts: { created: 0, embedded: 0 } });
        await source().expectIndexToEqualSource();
      },
    );
  });
}
