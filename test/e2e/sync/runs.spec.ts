import { randomUUID } from 'node:crypto';
import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { textOf, type SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { CONNECTIONS, FilesBench } from '../../support/files-bench.js';
import { PAGE_FILES } from '../../support/files-source.js';

describeOnEachDatabase('runs', (open) => {
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

  describe('asking for one', () => {
    it('joins the one that is active', async () => {
      await source.fill({ one: 2 });
      const { run, gate } = await bench.occupy();
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

    it('is no error while the run waits for its source', async () => {
      await source.fill({ one: 1 });
      const until = new Date(Date.now() + 3_600_000);
      bench.engine.hooks = {
        beforePage() {
          throw new RateLimitedError('list may be called again in 900 s', until, 'list');
        },
      };
      const parked = await source.sync();
      expect(parked).toMatchObject({ status: 'waiting' });
      const waiting = { reason: 'rate_limited:list', until: expect.any(String) };
      expect(await source.post('sync?wait=false')).toMatchObject({
        status: 202,
        body: { run_id: parked.id, status: 'running', error: null, run: { waiting } },
      });
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
    const { gate } = await bench.occupy();
    const other = await bench.another();
    const ask = (body: Record<string, unknown>) =>
      bench.request('POST', `${CONNECTIONS}/${other}/sync?wait=false`, body);
    const optionsOf = (run: string) =>
      bench.sql<{ options: object }>('select options from runs where id = $1', [run]);
    const first = await ask({ full: false });
    const second = await ask({ full: true });
    expect(second.body).toMatchObject({ run_id: first.body.run_id, coalesced: true });
    expect(await optionsOf(first.body.run_id)).toEqual([{ options: { full: true } }]);
    await ask({ full: false });
    expect(await optionsOf(first.body.run_id)).toEqual([{ options: { full: true } }]);
    gate.open();
    await bench.request('DELETE', `${CONNECTIONS}/${other}`);
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
    const answer = await bench.request(method, path.replace(':id', randomUUID()));
    expect(answer).toMatchObject({ status: 404, body: { code } });
  });
});
