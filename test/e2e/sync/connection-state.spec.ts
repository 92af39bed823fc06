import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { startApp } from '../../support/http-app.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

describeOnOneDatabase('the state of a connection', (open) => {
  let folder: SyncedFolder;

  beforeEach(async () => {
    folder = await syncedFolder(await open());
  });

  afterEach(() => folder.close());

  const path = (action = '') => `/v1/memory/connections/${folder.connection}${action}`;

  it('is active again after a run that worked', async () => {
    await folder.database.asSystem((tx) =>
      tx.query(`update connections set status = 'error', status_reason = 'five in a row'`),
    );
    await folder.sync();
    const shown = await folder.app.request('GET', path());
    expect(shown.body).toMatchObject({ status: 'active', status_reason: null });
  });

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

  it('refuses fields that it does not know, whatever they were meant to be', async () => {
    const { root } = folder;
    const create = { provider: 'files', config: { path: root } };
    for (const [method, action, body] of [
      ['PATCH', '', { schedul: null }],
      ['PATCH', '', { paused: true }],
      ['POST', '/sync', { ful: true }],
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
    const body = { ...create, colection: 'x' };
    const made = await folder.app.request('POST', '/v1/memory/connections', { body });
    expect(made.status).toBe(422);
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
