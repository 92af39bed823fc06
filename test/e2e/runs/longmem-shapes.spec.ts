import { ConfigError } from '../../../connectors/sdk/errors.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { scripted } from '../../support/scripted-source.js';
import { ScriptedApp } from './scripted-app.js';

/** sync_connection, connection_runs and delete_connection as Longmem's client reads them. */
describeOnOneDatabase("Longmem's view of connections", (open) => {
  let bench: ScriptedApp;

  beforeAll(async () => {
    bench = await ScriptedApp.start(await open());
  });
  afterAll(() => bench.app.close());
  beforeEach(() => bench.attach());
  afterEach(() => bench.detach());

  const path = (more: string) => `/v1/memory/connections/${bench.connection}${more}`;

  it('a sync answers synced, cursor and status', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.'), scripted('b', 'Two.')] }];
    const { status, body } = await bench.request('POST', path('/sync'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ synced: 2, cursor: null, status: 'success', error: null });
  });

  it('a failing sync answers 200 with status error, since a 5xx would be repeated', async () => {
    bench.changes = {
      partitions: () => failing(),
    };
    const { status, body } = await bench.request('POST', path('/sync'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'error', error: 'The folder is gone.', synced: 0 });
  });

  it('runs are listed newest first, with status, synced_count, error and created_at', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    const first = await bench.sync();
    const second = await bench.sync();
    const { body } = await bench.request('GET', path('/runs'));
    expect(body.map(({ id }: { id: string }) => id)).toEqual([second.id, first.id]);
    expect(body[1]).toMatchObject({ status: 'success', synced_count: 1, error: null });
    expect(body[0]).toMatchObject({ synced_count: 0 });
    expect(Date.parse(body[0].created_at)).toBeGreaterThan(Date.parse(body[1].created_at));
    expect((await bench.request('GET', path('/runs?limit=1'))).body).toHaveLength(1);
  });

  it('a deleted connection answers {} and leaves its memories', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'A text that stays.')] }];
    await bench.sync();
    const deleted = await bench.request('DELETE', path(''));
    expect(deleted).toMatchObject({ status: 200, body: {} });
    const found = await bench.request('POST', '/v1/memory/search', { query: 'text that stays' });
    expect(found.body[0].text).toContain('A text that stays.');
  });
});

async function* failing(): AsyncGenerator<never> {
  await Promise.reject(new ConfigError('folder_missing', 'The folder is gone.'));
  yield* [];
}
