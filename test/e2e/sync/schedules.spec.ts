import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { CONNECTIONS, FilesBench } from '../../support/files-bench.js';

describeOnOneDatabase('schedules', (open) => {
  let bench: FilesBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await FilesBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    ({ source, editor } = await bench.attach());
  });
  afterEach(() => bench.detach());

  describe('a schedule', () => {
    it('starts the first run at once and the next ones when they are due', async () => {
      await source.fill({ one: 2 });
      const path = join(editor.root, 'notes');
      const collection = `scheduled ${randomUUID()}`;
      const schedule = { every_minutes: 60 };
      const made = await bench.connect({ config: { path }, collection, schedule });
      const scheduled = source.as(made.body.id as string);
      const runs = async () => (await scheduled.get('/runs')) as { id: string; trigger: string }[];
      const [first] = await runs();
      expect(first).toMatchObject({ trigger: 'schedule' });
      expect(await scheduled.settled(first!.id)).toMatchObject({ status: 'success' });

      await bench.sql(`update connections set next_run_at = now() where id = $1`, [
        scheduled.connection,
      ]);
      const second = await eventually('the scheduler', async () => {
        const [newest] = await runs();
        return newest!.id === first!.id ? undefined : newest;
      });
      expect(await scheduled.settled(second.id)).toMatchObject({
        ...{ status: 'success', trigger: 'schedule', counts: { unchanged: 2 } },
      });
      const { next_run_at: next } = await scheduled.get();
      const minutes = (Date.parse(next as string) - Date.now()) / 60_000;
      expect(minutes).toBeGreaterThan(55);
      expect(minutes).toBeLessThan(65);

      await scheduled.post('pause');
      await bench.sql(`update connections set next_run_at = now() where id = $1`, [
        scheduled.connection,
      ]);
      const ticked = await bench.another();
      await bench.sql(
        `update connections set schedule = '{"every_minutes":60}', next_run_at = now()
                 where id = $1`,
        [ticked],
      );
      await eventually('the next tick', async () => {
        const { body } = await bench.request('GET', `${CONNECTIONS}/${ticked}/runs`);
        return body.length > 0 ? true : undefined;
      });
      expect(await runs()).toHaveLength(2);
      for (const id of [scheduled.connection, ticked])
        await bench.request('DELETE', `${CONNECTIONS}/${id}`);
    });
  });

  describe('another schedule', () => {
    it('takes effect at once and is shown', async () => {
      const path = `${CONNECTIONS}/${source.connection}`;
      const schedule = { cron: '30 4 * * *', timezone: 'Europe/Berlin', jitter_seconds: 0 };
      const changed = await bench.request('PATCH', path, { schedule });
      expect(changed).toMatchObject({ status: 200, body: { schedule } });
      const next = new Date(changed.body.next_run_at as string);
      expect(next.getTime()).toBeGreaterThan(Date.now());
      expect(next.getTime()).toBeLessThanOrEqual(Date.now() + 25 * 3_600_000);
      const hour = { timeZone: 'Europe/Berlin', timeStyle: 'short', hourCycle: 'h23' } as const;
      expect(new Intl.DateTimeFormat('en-GB', hour).format(next)).toBe('04:30');
      expect(await source.get()).toMatchObject({ schedule, next_run_at: next.toISOString() });
      const none = await bench.request('PATCH', path, { schedule: null });
      expect(none).toMatchObject({ body: { schedule: null, next_run_at: null } });
    });

    it.each([
      [{ every_minutes: 5, cron: '* * * * *' }, []],
      [{ cron: '* * * * * *' }, ['cron']],
      [{ cron: '0 9 * * *', timezone: 'Mars/Olympus' }, ['timezone']],
    ])('is refused: %j', async (schedule, where) => {
      const path = `${CONNECTIONS}/${source.connection}`;
      expect(await bench.request('PATCH', path, { schedule })).toMatchObject({
        status: 422,
        body: {
          code: 'validation_failed',
          detail: [{ loc: ['body', 'schedule', ...where], type: 'invalid_schedule' }],
        },
      });
      expect((await bench.connect({ schedule, collection: 'refused' })).status).toBe(422);
      expect(await source.get()).toMatchObject({ schedule: null });
    });
  });
});
