import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthError, ConfigError } from '../../../connectors/sdk/errors.js';
import { PAUSED_ON_REQUEST } from '../../../src/connections/connection-row.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { startApp } from '../../support/http-app.js';
import { ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

describeOnOneDatabase('the state of a connection', (open) => {
  let folder: SyncedFolder;

  beforeEach(async () => {
    folder = await syncedFolder(await open());
  });

  afterEach(() => folder.close());

  const path = (action = '') => `/v1/memory/connections/${folder.connection}${action}`;

  it.each(['error', 'needs_auth'])(
    'was %s and is active again after a run that worked',
    async (status) => {
      await folder.database.asSystem((tx) =>
        tx.query(`update connections set status = $1, status_reason = 'five in a row'`, [status]),
      );
      await folder.sync();
      const shown = await folder.app.request('GET', path());
      expect(shown.body).toMatchObject({ status: 'active', status_reason: null });
    },
  );

  it('says why it is paused in one sentence, whether or not the reason ends in a full stop', async () => {
    for (const reason of ['The folder is gone.', 'The folder is gone']) {
      await folder.database.asSystem((tx) =>
        tx.query(`update connections set status = 'paused', status_reason = $1`, [reason]),
      );
      const answer = await folder.app.request('POST', path('/sync'));
      expect(answer.body).toMatchObject({
        code: 'connection_paused',
        detail: 'The connection is paused: The folder is gone.',
      });
    }
  });

  it('refuses fields that it does not know, where they are its own, not those of a contract', async () => {
    const { root } = folder;
    for (const [method, action, body] of [
      ['PATCH', '', { schedul: null }],
      ['PATCH', '', { paused: true }],
      ['POST', '/dry-run', { partition: '.', limits: 1 }],
      ['POST', '/scope/plan', { config: { path: root }, confirm: true }],
      ['POST', '/scope/apply', { config: { path: root }, plan: randomUUID() }],
    ] as const) {
      const answer = await folder.app.request(method, path(action), { body });
      const field = Object.keys(body).at(-1);
      const extra = { loc: ['body', field], type: 'extra_forbidden' };
      expect([action, answer.status]).toEqual([action, 422]);
      expect(answer.body.detail).toContainEqual(expect.objectContaining(extra));
    }
    const context = { query: 'x', colection: 'x' };
    const composed = await folder.app.request('POST', '/v1/memory/context', { body: context });
    expect(composed.status).toBe(422);
  });

  it('keeps a paused connection from retrying a failure', async () => {
    folder.write('broken.pdf', 'not a PDF');
    await folder.sync();
    const [failure] = (await folder.app.request('GET', path('/failures'))).body;
    await folder.app.request('POST', path('/pause'));
    const answer = await folder.app.request('POST', `/v1/memory/failures/${failure.id}/retry`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'connection_paused' } });
  });
});

describeOnOneDatabase('a paused connection', (open) => {
  let bench: ScriptedSourceBench;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());

  it.each([
    ['credentials', new AuthError('token_revoked', 'The token was revoked.')],
    ['configuration', new ConfigError('gone', 'The folder is gone.')],
  ])('stays paused on request when its %s are refused before its run stops', async (_, error) => {
    const source = new ScriptedSource();
    await bench.attach(source);
    const before = async () => {
      await bench.post('pause');
      throw error;
    };
    source.sweep = [{ before }];
    expect(await bench.sync()).toMatchObject({ status: 'error', error: error.message });
    const shown = { status: 'paused', status_reason: PAUSED_ON_REQUEST };
    expect(await bench.get()).toMatchObject(shown);
    await bench.app.request('PATCH', `/v1/memory/connections/${bench.connection}`, {
      body: { credentials: {} },
    });
    expect(await bench.get()).toMatchObject(shown);
    await bench.detach();
  });
});

describe('pausing a connection', () => {
  it('cancels the run that waits for a worker', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-pause-')));
    const app = await startApp({ env: { TRIBUTARY_FILES_ROOTS: root, TRIBUTARY_ROLE: 'api' } });
    try {
      const body = { provider: 'files', config: { path: root } };
      const { id } = (await app.request('POST', '/v1/memory/connections', { body })).body;
      const before = await app.request('GET', `/v1/memory/connections/${id}/runs`);
      expect(before.body).toMatchObject([{ status: 'queued', trigger: 'schedule' }]);
      await app.request('POST', `/v1/memory/connections/${id}/pause`);
      const after = await app.request('GET', `/v1/memory/connections/${id}/runs`);
      expect(after.body).toMatchObject([{ status: 'cancelled' }]);
    } finally {
      await app.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});
