import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { eventually, Gate } from '../../support/eventually.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import { aborted } from '../../support/fault-matrix/hooked-connector.js';
import {
  COMMON_WORD,
  type SyncedSource,
  textOf,
} from '../../support/fault-matrix/synced-source.js';
import { filesHarness, PAGE_FILES } from '../../support/files-source.js';

const CONNECTIONS = '/v1/memory/connections';

describeOnEachDatabase('runs', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    const harness = filesHarness();
    editor = harness.editor;
    source = await bench.attach(harness);
  });
  afterEach(() => bench.detach());

  const request = (method: string, path: string, body?: unknown) =>
    bench.app.request(method, path, { body });
  const sql = (statement: string, parameters: unknown[]) =>
    bench.database.asSystem((tx) => tx.query(statement, parameters));
  const connect = (more: Record<string, unknown> = {}) =>
    request('POST', CONNECTIONS, {
      provider: 'files',
      config: { path: editor.path },
      collection: source.collection,
      schedule: null,
      ...more,
    });
  const searchIn = async (collection: string): Promise<string[]> => {
    const path = `/v1/memory/collections/${encodeURIComponent(collection)}/search`;
    const answer = await request('POST', path, { query: COMMON_WORD, mode: 'text', limit: 100 });
    expect(answer.status).toBe(200);
    return (answer.body as { text: string }[]).map(({ text }) => text);
  };
  /** Keeps the one worker busy with a run until the run is stopped or the door is opened. */
  const occupy = async (): Promise<{ run: string; gate: Gate }> => {
    const gate = new Gate();
    bench.hooks = {
      async beforePage({ signal }) {
        await Promise.race([gate.pass(), aborted(signal)]);
      },
    };
    const run = await source.ask();
    await gate.reached;
    return { run, gate };
  };
  /** A second connection to the same kind of source, in a collection of its own. */
  const another = async (): Promise<string> => {
    const path = join(editor.root, 'more');
    mkdirSync(path);
    const made = await connect({ config: { path }, collection: `more ${randomUUID()}` });
    expect(made.status).toBe(201);
    return made.body.id as string;
  };

  describe('asking for one', () => {
    it('joins the one that is active', async () => {
      await source.fill({ one: 2 });
      const { run, gate } = await occupy();
      const joined = await source.post('sync?wait=false', { full: true });
      expect(joined).toMatchObject({
        status: 202,
        body: { run_id: run, coalesced: true, status: 'running', synced: 0, cursor: null },
      });
      const waiting = source.post('sync');
      gate.open();
      expect(await waiting).toMatchObject({
        status: 200,
        body: { run_id: run, coalesced: true, status: 'success', synced: 2, error: null },
      });
      expect(await source.get('/runs')).toHaveLength(1);
    });

    it('does not wait for its end unless asked to', async () => {
      await source.fill({ one: PAGE_FILES + 1 });
      const asked = await source.post('sync?wait=false');
      expect(asked).toMatchObject({ status: 202, body: { coalesced: false, status: 'running' } });
      const run = await source.settled(asked.body.run_id as string);
      expect(run).toMatchObject({
        ...{ status: 'success', trigger: 'manual', attempt: 1, synced_count: PAGE_FILES + 1 },
        attempts: [{ attempt: 1, outcome: 'success', error: null }],
        progress: { done: PAGE_FILES + 1 },
      });
      const one = run.partitions.find(({ key }) => key === 'one');
      expect(one).toEqual({
        ...{ key: 'one', lane: 'sweep', title: 'one', state: 'complete', gap_reason: null },
        ...{ documents: PAGE_FILES + 1, pages: 2, failures: 0 },
        ...{ complete: true, expected: PAGE_FILES + 1 },
      });
      const waited = await source.post('sync');
      expect(waited).toMatchObject({ status: 200, body: { coalesced: false, status: 'success' } });
      const history = await source.get('/runs?limit=1');
      expect(history).toMatchObject([{ id: waited.body.run_id }]);
    });

    it('syncs one partition when only that is asked for, and deletes nothing elsewhere', async () => {
      const { one, two } = await source.fill({ one: 2, two: 2 });
      await source.sync();
      await editor.edit(one.ids[0]!, textOf('an edit here'));
      await editor.remove(one.ids[1]!);
      await editor.remove(two.ids[0]!);
      await editor.edit(two.ids[1]!, textOf('an edit there'));
      const run = await source.sync({ partition: 'one' });
      expect(run).toMatchObject({ status: 'success', counts: { updated: 1, deleted: 1 } });
      expect(run.partitions.map(({ key }) => key)).toEqual(['one']);
      expect(await source.visible()).toContain(two.ids[0]);
      await source.sync();
      await source.expectIndexToEqualSource();
    });

    it('is refused for a partition that no listing has named', async () => {
      await source.fill({ one: 1 });
      const ask = () => source.post('sync', { partition: 'nowhere' });
      // Before the first listing nobody knows.
      expect(await ask()).toMatchObject({ status: 200, body: { status: 'success' } });
      expect(await ask()).toMatchObject({ status: 404, body: { code: 'partition_not_found' } });
      expect(await source.sync({ partition: 'one' })).toMatchObject({ status: 'success' });
    });

    it('is refused while the connection is paused', async () => {
      await source.fill({ one: 1 });
      expect(await source.post('pause')).toMatchObject({ body: { status: 'paused' } });
      expect(await source.post('sync')).toMatchObject({
        status: 409,
        body: { code: 'connection_paused' },
      });
      expect(await source.post('resume')).toMatchObject({
        body: { status: 'active', status_reason: null },
      });
      expect((await source.sync()).status).toBe('success');
    });
  });

  it('that have not begun do what everybody asked for', async () => {
    const { gate } = await occupy();
    const other = await another();
    const ask = (body: Record<string, unknown>) =>
      request('POST', `${CONNECTIONS}/${other}/sync?wait=false`, body);
    const optionsOf = async (run: string) =>
      (await sql('select options from runs where id = $1', [run])) as { options: object }[];
    const first = await ask({ full: false });
    const second = await ask({ full: true });
    expect(second.body).toMatchObject({ run_id: first.body.run_id, coalesced: true });
    expect(await optionsOf(first.body.run_id)).toEqual([{ options: { full: true } }]);
    await ask({ full: false });
    expect(await optionsOf(first.body.run_id)).toEqual([{ options: { full: true } }]);
    gate.open();
    await request('DELETE', `${CONNECTIONS}/${other}`);
  });

  describe('cancelling one', () => {
    it('ends a queued run at once', async () => {
      const { gate } = await occupy();
      const other = await another();
      const asked = await request('POST', `${CONNECTIONS}/${other}/sync?wait=false`);
      const id = asked.body.run_id as string;
      const cancelled = await request('POST', `/v1/memory/runs/${id}/cancel`);
      expect(cancelled).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
      expect(await source.run(id)).toMatchObject({
        ...{ status: 'cancelled', attempt: 0, started_at: null, attempts: [] },
        finished_at: expect.any(String),
      });
      gate.open();
      await request('DELETE', `${CONNECTIONS}/${other}`);
    });

    it('ends a waiting run at once, and the next sync starts anew', async () => {
      await source.fill({ one: PAGE_FILES + 1 });
      await editor.failListing('one', 2, 1);
      const parked = await source.sync();
      expect(parked.status).toBe('waiting');
      const cancelled = await request('POST', `/v1/memory/runs/${parked.id}/cancel`);
      expect(cancelled.body).toEqual({ id: parked.id, status: 'cancelled' });
      const run = await source.sync();
      expect(run).toMatchObject({ status: 'success' });
      expect(run.id).not.toBe(parked.id);
      await source.expectIndexToEqualSource();
    });

    it('makes a sync that is asked for meanwhile a new run, after it has stopped', async () => {
      await source.fill({ one: 2 });
      const { run } = await occupy();
      await request('POST', `/v1/memory/runs/${run}/cancel`);
      bench.hooks = {};
      const asked = await request('POST', `${CONNECTIONS}/${source.connection}/sync`, {});
      expect(asked.body).toMatchObject({ status: 'success', coalesced: false, synced: 2 });
      expect(asked.body.run_id).not.toBe(run);
      expect(await source.run(run)).toMatchObject({ status: 'cancelled' });
    });

    it('by its connection stops the active one, and says so when there is none', async () => {
      await source.fill({ one: 2 });
      const { run } = await occupy();
      const path = `${CONNECTIONS}/${source.connection}/cancel`;
      expect(await request('POST', path)).toMatchObject({ status: 200, body: { id: run } });
      bench.hooks = {};
      await eventually('the end of the run', async () =>
        (await source.run(run)).status === 'cancelled' ? true : undefined,
      );
      const none = await request('POST', path);
      expect(none).toMatchObject({ status: 409, body: { code: 'run_finished' } });
    });

    it('is refused once it has ended', async () => {
      const { id } = await source.sync();
      const cancelled = await request('POST', `/v1/memory/runs/${id}/cancel`);
      expect(cancelled).toMatchObject({ status: 409, body: { code: 'run_finished' } });
    });
  });

  describe('a connection', () => {
    it('keeps its memories when it is deleted, and finds them again', async () => {
      const { one } = await source.fill({ one: PAGE_FILES + 1 });
      await source.sync();
      const before = await source.stored();
      const path = `${CONNECTIONS}/${source.connection}`;
      expect((await request('DELETE', path)).status).toBe(200);
      expect(await searchIn(source.collection)).toHaveLength(one.ids.length);
      expect(await source.get()).toMatchObject({ code: 'connection_not_found' });

      await editor.edit(one.ids[0]!, textOf('an edit in between'));
      await editor.remove(one.ids[1]!);
      const attached = await connect();
      expect(attached).toMatchObject({
        status: 201,
        body: { document_count: PAGE_FILES + 1, last_run: null },
      });
      source = source.as(attached.body.id as string);
      const run = await source.sync();
      expect(run.counts).toMatchObject({ created: 0, updated: 1, deleted: 1, embedded: 1 });
      const known = new Set(before.map(({ id }) => id));
      expect((await source.stored()).every(({ id }) => known.has(id))).toBe(true);
      await source.expectIndexToEqualSource();
      await request('DELETE', `${CONNECTIONS}/${source.connection}?purge=true`);
    });

    it('takes its memories along when it is purged', async () => {
      await source.fill({ one: PAGE_FILES + 1 });
      await source.sync();
      await request('DELETE', `${CONNECTIONS}/${source.connection}?purge=true`);
      expect(await searchIn(source.collection)).toEqual([]);
      const left = await sql(
        `select 1 from memories m join collections c on c.id = m.collection_id where c.name = $1`,
        [source.collection],
      );
      expect(left).toEqual([]);
    });

    it('writes nothing more once it is deleted in the middle of a run', async () => {
      await source.fill({ one: 4 * PAGE_FILES });
      const gate = new Gate();
      bench.hooks = {
        beforePage: ({ partition, page }) =>
          partition === 'one' && page === 3 ? gate.pass() : undefined,
      };
      await source.ask();
      await gate.reached;
      await request('DELETE', `${CONNECTIONS}/${source.connection}`);
      const stored = () =>
        sql(
          `select count(*)::int as n from documents d join collections c on c.id = d.collection_id
           where c.name = $1`,
          [source.collection],
        );
      const before = await stored();
      gate.open();
      // The one worker takes another run only after it has given this one up.
      const other = await another();
      await request('POST', `${CONNECTIONS}/${other}/sync`);
      expect(await stored()).toEqual(before);
      await request('DELETE', `${CONNECTIONS}/${other}`);
    });

    it('is attached once to a collection', async () => {
      expect(await connect()).toMatchObject({ status: 409, body: { code: 'connection_exists' } });
    });

    it.each([
      ['provider_not_found', 404, { provider: 'carrier-pigeon' }],
      ['path_not_allowed', 422, { config: { path: '/' } }],
      ['validation_failed', 422, { config: { folder: '/notes' } }],
    ])('is refused with %s', async (code, status, change) => {
      const refused = await connect({ collection: 'refused', ...change });
      expect(refused).toMatchObject({ status, body: { code } });
    });

    it('does not change its account', async () => {
      const path = join(editor.root, 'elsewhere');
      mkdirSync(path);
      const refused = await request('PATCH', `${CONNECTIONS}/${source.connection}`, {
        config: { path },
      });
      expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_config' } });
      expect(await source.get()).toMatchObject({ config: { path: editor.path } });
    });

    it('stops by itself after five errors in a row', async () => {
      await source.fill({ one: 1 });
      bench.hooks = {
        beforePage() {
          throw new TypeError('a bug in the connector');
        },
      };
      for (let n = 1; n <= 5; n += 1) {
        expect(await source.get()).toMatchObject({ status: 'active' });
        expect(await source.sync()).toMatchObject({
          status: 'error',
          error: 'a bug in the connector',
          error_detail: { code: 'internal_error', retryable: true },
        });
      }
      expect(await source.get()).toMatchObject({
        status: 'error',
        status_reason: 'a bug in the connector',
      });
    });
  });

  describe('a schedule', () => {
    it('starts the first run at once and the next ones when they are due', async () => {
      await source.fill({ one: 2 });
      const path = join(editor.root, 'notes');
      const collection = `scheduled ${randomUUID()}`;
      const schedule = { every_minutes: 60 };
      const made = await connect({ config: { path }, collection, schedule });
      const scheduled = source.as(made.body.id as string);
      const runs = async () => (await scheduled.get('/runs')) as { id: string; trigger: string }[];
      const [first] = await runs();
      expect(first).toMatchObject({ trigger: 'schedule' });
      expect(await scheduled.settled(first!.id)).toMatchObject({ status: 'success' });

      await sql(`update connections set next_run_at = now() where id = $1`, [scheduled.connection]);
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
      await sql(`update connections set next_run_at = now() where id = $1`, [scheduled.connection]);
      const ticked = await another();
      await sql(
        `update connections set schedule = '{"every_minutes":60}', next_run_at = now()
                 where id = $1`,
        [ticked],
      );
      await eventually('the next tick', async () => {
        const { body } = await request('GET', `${CONNECTIONS}/${ticked}/runs`);
        return body.length > 0 ? true : undefined;
      });
      expect(await runs()).toHaveLength(2);
      for (const id of [scheduled.connection, ticked])
        await request('DELETE', `${CONNECTIONS}/${id}`);
    });
  });

  describe('another schedule', () => {
    it('takes effect at once and is shown', async () => {
      const path = `${CONNECTIONS}/${source.connection}`;
      const schedule = { cron: '30 4 * * *', timezone: 'Europe/Berlin', jitter_seconds: 0 };
      const changed = await request('PATCH', path, { schedule });
      expect(changed).toMatchObject({ status: 200, body: { schedule } });
      const next = new Date(changed.body.next_run_at as string);
      expect(next.getTime()).toBeGreaterThan(Date.now());
      expect(next.getTime()).toBeLessThanOrEqual(Date.now() + 25 * 3_600_000);
      const hour = { timeZone: 'Europe/Berlin', timeStyle: 'short', hourCycle: 'h23' } as const;
      expect(new Intl.DateTimeFormat('en-GB', hour).format(next)).toBe('04:30');
      expect(await source.get()).toMatchObject({ schedule, next_run_at: next.toISOString() });
      const none = await request('PATCH', path, { schedule: null });
      expect(none).toMatchObject({ body: { schedule: null, next_run_at: null } });
    });

    it.each([
      [{ every_minutes: 5, cron: '* * * * *' }, []],
      [{ cron: '* * * * * *' }, ['cron']],
      [{ cron: '0 9 * * *', timezone: 'Mars/Olympus' }, ['timezone']],
    ])('is refused: %j', async (schedule, where) => {
      const path = `${CONNECTIONS}/${source.connection}`;
      expect(await request('PATCH', path, { schedule })).toMatchObject({
        status: 422,
        body: {
          code: 'validation_failed',
          detail: [{ loc: ['body', 'schedule', ...where], type: 'invalid_schedule' }],
        },
      });
      expect((await connect({ schedule, collection: 'refused' })).status).toBe(422);
      expect(await source.get()).toMatchObject({ schedule: null });
    });
  });

  it.each([
    ['GET', '/v1/memory/runs/:id', 'run_not_found'],
    ['POST', '/v1/memory/runs/:id/cancel', 'run_not_found'],
    ['GET', `${CONNECTIONS}/:id`, 'connection_not_found'],
    ['GET', `${CONNECTIONS}/:id/runs`, 'connection_not_found'],
    ['GET', `${CONNECTIONS}/:id/failures`, 'connection_not_found'],
    ['POST', `${CONNECTIONS}/:id/sync`, 'connection_not_found'],
    ['POST', `${CONNECTIONS}/:id/pause`, 'connection_not_found'],
    ['POST', `${CONNECTIONS}/:id/deletions/confirm`, 'connection_not_found'],
    ['DELETE', `${CONNECTIONS}/:id`, 'connection_not_found'],
    ['POST', '/v1/memory/failures/:id/retry', 'failure_not_found'],
  ])('%s %s knows what is not there: %s', async (method, path, code) => {
    const answer = await request(method, path.replace(':id', randomUUID()));
    expect(answer).toMatchObject({ status: 404, body: { code } });
  });
});
