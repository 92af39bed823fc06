import { Gate } from '../eventually.js';
import { aborted } from './hooked-connector.js';
import type { MatrixCases } from './matrix-cases.js';
import { textOf } from './synced-source.js';

/** How far preparing may run ahead of committing, in pages of one transaction. */
const PAGES_AHEAD = 8;

/** Case g: a run that stops in the middle. A kill of the process: test/e2e/sync/kill.spec.ts. */
export function interruptionCases(cases: MatrixCases): void {
  const { bench, source, pageSize, isAt } = cases;
  describe('interruptions', () => {
    const total = () => 20 * pageSize;

    /**
     * Starts a sync and resolves with its id when it stands before a page that does not come
     * until the run is stopped.
     */
    async function stopBefore(stuck: number): Promise<string> {
      const gate = new Gate();
      let stood = false;
      bench().hooks = {
        async beforePage(place) {
          if (stood || !isAt(place, stuck)) return;
          stood = true;
          await Promise.race([gate.pass(), aborted(place.signal)]);
        },
      };
      const run = await source().ask();
      await gate.reached;
      return run;
    }

    it('ends where it is when it is cancelled, and the next sync does the rest', async () => {
      await source().fill({ one: total() });
      const run = await stopBefore(10);
      const cancelled = await bench().app.request('POST', `/v1/memory/runs/${run}/cancel`);
      expect(cancelled).toMatchObject({ status: 200, body: { status: 'running' } });
      const ended = await source().settled(run);
      expect(ended).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) });
      expect(ended.attempts).toMatchObject([{ outcome: 'cancelled' }]);
      bench().hooks = {};
      const kept = await source().visible();
      expect(kept.size).toBeGreaterThan(0);
      const reads = await source().reads(async () => {
        expect((await source().sync()).status).toBe('success');
      });
      expect(reads).toBeLessThanOrEqual(total() - kept.size);
      await source().expectIndexToEqualSource();
    });

    it('goes on from its checkpoint when the process is replaced', async () => {
      await source().fill({ one: total() });
      const run = await stopBefore(10);
      const reads = await source().reads(async () => {
        await bench().restart();
        const ended = await source().settled(run, 2);
        expect(ended).toMatchObject({ status: 'success', attempt: 2, error: null });
        expect(ended.attempts.map(({ outcome }) => outcome)).toEqual(['interrupted', 'success']);
        expect(ended.counts.created).toBe(total());
      });
      expect(reads).toBeLessThanOrEqual(total() - 9 * pageSize + PAGES_AHEAD * pageSize);
      await source().expectIndexToEqualSource();
    });

    it('deletes what a resumed sweep did not meet, and nothing of its first half', async () => {
      const { one } = await source().fill({ one: 6 * pageSize });
      const { ids } = one;
      await source().sync();
      for (const id of [ids[0]!, ids[3 * pageSize]!, ids.at(-1)!]) await source().editor.remove(id);
      const run = await stopBefore(4);
      await bench().restart();
      const ended = await source().settled(run, 2);
      expect(ended).toMatchObject({ status: 'success', counts: { deleted: 3, embedded: 0 } });
      await source().expectIndexToEqualSource();
    });

    it('bears edits while it stands still', async () => {
      await source().fill({ one: total() });
      const run = await stopBefore(10);
      const { editor } = source();
      const ids = [...(await editor.truth()).keys()].sort();
      await editor.edit(ids[0]!, textOf('an edit behind'));
      await editor.remove(ids[1]!);
      await editor.edit(ids.at(-1)!, textOf('an edit ahead'));
      await editor.remove(ids.at(-2)!);
      await bench().restart();
      bench().hooks = {};
      await source().settled(run, 2);
      expect((await source().sync()).status).toBe('success');
      await source().expectIndexToEqualSource();
    });
  });
}
