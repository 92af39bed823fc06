import type { Database } from '../../../src/database/database.js';
import { pdf } from '../../../src/extract/sample-files.contract.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

const API_KEY = 'mv_folder_0123456789abcdef';

describeOnEachDatabase('syncing a folder', (open) => {
  let database: Database;
  let folder: SyncedFolder;

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    folder = await syncedFolder(database, { TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY });
  });
  afterEach(async () => {
    await folder.purge();
    await folder.close();
  });

  const search = async (query: string) => {
    const body = { query, limit: 5 };
    const answer = await folder.app.request('POST', '/v1/memory/search', { body });
    expect(answer.status).toBe(200);
    return answer.body as { text: string; metadata: Record<string, unknown> }[];
  };

  it('makes every file searchable and names its source', async () => {
    folder.write('guides/onboarding.md', '# Onboarding\n\nThe laptop comes on the first day.');
    folder.write('expenses.txt', 'Receipts go to the finance desk within a month.');
    const run = await folder.sync();
    expect(run).toMatchObject({ status: 'success', synced_count: 2, error: null });
    const [hit] = await search('when do I get my laptop');
    expect(hit!.text).toContain('laptop comes on the first day');
    expect(hit!.metadata).toMatchObject({
      provider: 'files',
      external_id: 'guides/onboarding.md',
      title: 'Onboarding',
      connection_id: folder.connection,
    });
  });

  it('reads and embeds nothing when nothing has changed', async () => {
    for (let n = 0; n < 30; n += 1) folder.write(`notes/${n}.md`, `Note number ${n}.`);
    await folder.sync();
    const run = await folder.sync();
    expect(run.counts).toMatchObject({ listed: 30, unchanged: 30, fetched: 0, embedded: 0 });
  });

  it('stores the first 2,000 pages of a longer PDF and says so', async () => {
    const pages = Array.from({ length: 2001 }, (_, n) => [{ text: `Page ${n + 1}`, y: 700 }]);
    folder.write('long.pdf', Buffer.from(pdf({ pages })));
    expect(await folder.sync()).toMatchObject({ status: 'partial', counts: { created: 1 } });
    const path = `/v1/memory/connections/${folder.connection}/failures`;
    expect((await folder.app.request('GET', path)).body).toMatchObject([
      {
        ...{ external_id: 'long.pdf', stage: 'extract', code: 'content_truncated' },
        message: 'Only a part of it is stored: only the first 2,000 of 2,001 pages were read.',
      },
    ]);
    const again = await folder.sync();
    expect(again).toMatchObject({ status: 'partial', counts: { fetched: 0, failed: 1 } });
  });

  it('embeds only the chunks that an edit changed', async () => {
    const part = (n: number, text: string) => `## Part ${n}\n\n${`${text} `.repeat(150)}\n\n`;
    const parts = [1, 2, 3, 4, 5].map((n) => part(n, `words of part ${n}`));
    folder.write('long.md', parts.join(''));
    const first = await folder.sync();
    parts[2] = part(3, 'entirely new words');
    folder.write('long.md', parts.join(''));
    const second = await folder.sync();
    expect(second.counts.embeddings_saved).toBeGreaterThan(0);
    expect(second.counts.embedded).toBeLessThan(first.counts.embedded / 2);
    const text = (await folder.index()).get('long.md');
    expect(text).toContain('entirely new words');
    expect(text).not.toContain('words of part 3 ');
  });

  it('hides a deleted file and brings it back without embedding it again', async () => {
    folder.write('keep.md', 'This one stays.');
    folder.write('gone.md', 'This one goes away.');
    await folder.sync();
    folder.remove('gone.md');
    const removed = await folder.sync();
    expect(removed.counts.deleted).toBe(1);
    expect([...(await folder.index()).keys()]).toEqual(['keep.md']);
    expect((await search('goes away')).map((hit) => hit.text)).not.toContain('This one goes away.');
    folder.write('gone.md', 'This one goes away.');
    const restored = await folder.sync();
    expect(restored.counts.embedded).toBe(0);
    expect((await folder.index()).get('gone.md')).toBe('This one goes away.');
  });

  it('follows a file that moves to another folder and keeps what was set on it', async () => {
    folder.write('inbox/plan.md', 'The plan for the summer party.');
    folder.write('archive/old.md', 'Something old.');
    await folder.sync();
    const [hit] = await search('summer party plan');
    const id = (hit as unknown as { id: string }).id;
    await folder.app.request('POST', `/v1/memory/collections/notes/memories/${id}/pin`, {
      body: { pinned: true },
    });
    folder.rename('inbox/plan.md', 'archive/plan.md');
    const run = await folder.sync();
    expect(run.counts).toMatchObject({ moved: 1, created: 0, deleted: 0, embedded: 0 });
    expect([...(await folder.index()).keys()].sort()).toEqual([
      'archive/old.md',
      'archive/plan.md',
    ]);
    const kept = await folder.app.request('GET', `/v1/memory/collections/notes/memories/${id}`);
    expect(kept.body).toMatchObject({ pinned: true });
  });

  it('records a broken file with its name and reason, and goes on', async () => {
    folder.write('fine.md', 'All is well here.');
    folder.write('broken.pdf', 'this is not a PDF at all');
    const run = await folder.sync();
    expect(run.status).toBe('partial');
    expect([...(await folder.index()).keys()]).toEqual(['fine.md']);
    const failures = await folder.app.request(
      'GET',
      `/v1/memory/connections/${folder.connection}/failures`,
    );
    expect(failures.body).toMatchObject([
      { external_id: 'broken.pdf', stage: 'extract', code: 'corrupt', attempts: 1 },
    ]);
    folder.remove('broken.pdf');
    expect((await folder.sync()).status).toBe('success');
    const after = await folder.app.request(
      'GET',
      `/v1/memory/connections/${folder.connection}/failures`,
    );
    expect(after.body).toEqual([]);
  });

  it('holds a mass deletion, still searchable, until a person confirms it', async () => {
    for (let n = 0; n < 60; n += 1) folder.write(`team/${n}.md`, `Fact number ${n} of the team.`);
    await folder.sync();
    folder.remove('team');
    const run = await folder.sync();
    expect(run).toMatchObject({ status: 'partial', held_deletions: { count: 60 } });
    expect((await folder.index()).size).toBe(60);
    const path = `/v1/memory/connections/${folder.connection}`;
    const shown = await folder.app.request('GET', path);
    expect(shown.body.held_deletions).toMatchObject({ count: 60, partitions: ['team'] });
    const settled = await folder.app.request('POST', `${path}/deletions/confirm`);
    expect(settled.body).toEqual({ deleted: 60, lost_access: 0, kept: 0 });
    expect((await folder.index()).size).toBe(0);
    const again = await folder.app.request('POST', `${path}/deletions/confirm`);
    expect(again).toMatchObject({ status: 409, body: { code: 'no_held_deletions' } });
  });

  it('holds the loss of everything, which an unmounted drive looks like', async () => {
    for (let n = 0; n < 11; n += 1) folder.write(`team/${n}.md`, `Fact number ${n} of the team.`);
    await folder.sync();
    folder.remove('team');
    const run = await folder.sync();
    expect(run).toMatchObject({ status: 'partial', held_deletions: { count: 11 } });
    expect((await folder.index()).size).toBe(11);
    for (let n = 0; n < 11; n += 1) folder.write(`team/${n}.md`, `Fact number ${n} of the team.`);
    const mounted = await folder.sync();
    expect(mounted).toMatchObject({ held_deletions: null, counts: { embedded: 0, deleted: 0 } });
    expect((await folder.index()).size).toBe(11);
  });

  it('keeps everything when the folder itself is gone, and says why it pauses', async () => {
    folder.write('a.md', 'Important knowledge.');
    await folder.sync();
    folder.remove('.');
    const run = await folder.sync();
    expect(run).toMatchObject({ status: 'error', error_detail: { code: 'folder_missing' } });
    expect((await folder.index()).size).toBe(1);
    const shown = await folder.app.request('GET', `/v1/memory/connections/${folder.connection}`);
    expect(shown.body.status).toBe('paused');
    expect(shown.body.status_reason).toContain(folder.root);
  });

  it('finds a file by its name as well as by its heading', async () => {
    folder.write('zephyr-9.md', '# Wind tunnel\n\nMeasured on the second of May.');
    folder.write('other.md', '# Other\n\nNothing to see.');
    await folder.sync();
    expect((await search('zephyr'))[0]!.metadata.external_id).toBe('zephyr-9.md');
    folder.rename('zephyr-9.md', 'mistral-9.md');
    const run = await folder.sync();
    expect(run.counts).toMatchObject({ moved: 1, embedded: 0 });
    expect((await search('mistral'))[0]!.metadata).toMatchObject({
      external_id: 'mistral-9.md',
      title: 'Wind tunnel',
    });
  });

  it('keeps a chunk deleted that its owner deleted', async () => {
    folder.write('a.md', 'The secret ingredient is cardamom.');
    await folder.sync();
    const [hit] = await search('secret ingredient');
    const id = (hit as unknown as { id: string }).id;
    await folder.app.request('DELETE', `/v1/memory/collections/notes/memories/${id}`);
    await folder.sync({ full: true });
    expect((await folder.index()).get('a.md')).toBeUndefined();
  });
});
