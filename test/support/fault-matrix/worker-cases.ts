import { RunQueue } from '../../../src/runs/run-queue.js';
import { RunWakeup } from '../../../src/runs/run-wakeup.js';
import { RunExecutor } from '../../../src/sync/worker/run-executor.js';
import type { TestApp } from '../http-app.js';
import { eventually, Gate } from '../eventually.js';
import type { MatrixCases } from './matrix-cases.js';
import { textOf } from './synced-source.js';

/** Case r: two processes on one PostgreSQL. */
export function workerCases({ bench, source, pageSize }: MatrixCases): void {
  describe('two workers', () => {
    let other: TestApp | undefined;

    afterEach(async () => {
      await other?.close();
      other = undefined;
    });

    it('never work on one connection at the same time', async () => {
      await source().fill({ one: 4 * pageSize, two: 4 * pageSize });
      let inside = 0;
      let most = 0;
      const hooks = {
        async beforePage() {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise(setImmediate);
          inside -= 1;
        },
      };
      bench().hooks = hooks;
      other = await bench().startAnother(hooks);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => source().ask().catch(String)),
      );
      expect(new Set(answers).size).toBe(1);
      const run = await source().settled(answers[0]!);
      expect(run).toMatchObject({ status: 'success', attempt: 1 });
      expect(most).toBe(1);
      await source().expectIndexToEqualSource();
    });

    it('write nothing once another one has taken their run over', async () => {
      const { one } = await source().fill({ one: 4 * pageSize });
      const { ids } = one;
      const late = ids[2 * pageSize]!;
      const frozen = new Gate();
      bench().hooks = {
        // The content is in hand, and then the process stands still, heartbeat and all.
        afterRead: (id) => (id === late ? frozen.pass() : undefined),
      };
      const queue = bench().app.nest.get(RunQueue);
      const beat = queue.heartbeat.bind(queue);
      const heartbeat = jest.spyOn(queue, 'heartbeat').mockImplementation(async (run) => {
        await frozen.pass();
        return beat(run);
      });
      const executed = jest.spyOn(bench().app.nest.get(RunExecutor), 'execute');
      const id = await source().ask();
      await frozen.reached;
      const { database } = bench();
      await eventually('the first pages', async () =>
        (await source().visible()).size >= pageSize ? true : undefined,
      );
      other = await bench().startAnother({});
      await database.asSystem((tx) =>
        tx.query(`update runs set lease_until = now() - interval '1 second' where id = $1`, [id]),
      );
      const taken = await source().settled(id, 2);
      expect(taken).toMatchObject({ status: 'success', attempt: 2 });
      expect(taken.attempts[0]!.worker).not.toBe(taken.attempts[1]!.worker);
      await source().expectIndexToEqualSource();

      // The winner goes on and stores a newer text; the loser wakes up with the old one in hand.
      await source().editor.edit(late, textOf('what was written later'));
      const next = await source().ask();
      other.nest.get(RunWakeup).notify();
      expect((await source().settled(next)).status).toBe('success');
      const before = await source().stored();
      frozen.open();
      await executed.mock.results[0]!.value;
      for (const spy of [heartbeat, executed]) spy.mockRestore();
      expect(await source().stored()).toEqual(before);
      expect(await source().run(id)).toEqual(taken);
      await source().expectIndexToEqualSource();
    });
  });
}
