import { AppError } from '../../../src/common/errors/app-error.js';
import type { Database } from '../../../src/database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { DocumentPipeline } from '../../../src/remember/document-pipeline.js';
import { MemoryRowsRepository } from '../../../src/remember/memory-rows.repository.js';
import { PageWriter } from '../../../src/sync/pages/page-writer.js';
import { eventually, Gate } from '../../support/eventually.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';

const MEMORIES = '/v1/memory/collections/scripted/memories';
/** A text whose sections are chunks of their own. */
const sections = (...words: string[]) =>
  words.map((word) => `# ${word}\n\n${`All about ${word}. `.repeat(25)}`).join('\n\n');

describeOnEachStore('what is removed during a sync', (open) => {
  let database: Database;
  let double: TestStore['double'];
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;
  /** Of its own for each test: what one has removed stays away from the next one. */
  let d: string;
  let tests = 0;

  beforeAll(async () => {
    const store = await open();
    ({ database, double } = store);
    bench = await ScriptedSourceBench.start(database, store.env);
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    d = `document ${(tests += 1)}`;
    await bench.attach(source);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const stored = async () => (await bench.stored()).find((one) => one.externalId === d);
  const memoryOf = async (word: string) => {
    const [row] = await bench.sql<{ id: string }>(
      `select m.id from memories m join documents d on d.id = m.document_id
       where d.connection_id = $1 and m.text like $2`,
      [bench.connection, `%${word}%`],
    );
    return row!.id;
  };
  const archive = async (id: string) => {
    expect((await bench.app.request('POST', `${MEMORIES}/${id}/archive`)).status).toBe(200);
  };
  const deleteMemory = async (id: string) => {
    const answer = await bench.app.request('DELETE', `${MEMORIES}/${id}`);
    expect(answer.status).toBe(200);
  };
  const deleteDocument = async (id: string, purge: boolean) => {
    const answer = await bench.app.request('DELETE', `/v1/memory/documents/${id}?purge=${purge}`);
    expect(answer.status).toBe(200);
  };
  const store = async (text: string, more = {}) => {
    source.sweep = [{ documents: [scripted(d, text, more)] }];
    expect(await bench.sync()).toMatchObject({ status: 'success', error: null });
    return (await stored())!.id;
  };
  /** Runs `act` once, when a commit is about to begin whose batch was made before. */
  const beforeCommit = (act: () => Promise<void>, nth = 1) => {
    const writer = bench.app.nest.get(PageWriter);
    const commit = writer.commit.bind(writer);
    let commits = 0;
    jest.spyOn(writer, 'commit').mockImplementation(async (sync, step, turn) => {
      commits += 1;
      if (commits === nth) {
        await turn;
        await act();
      }
      return commit(sync, step, turn);
    });
    return () => commits;
  };
  /** An edit at the source, with `act` between what is made of it and its commit. */
  const edit = async (text: string, act: () => Promise<void>, more = {}) => {
    source.sweep = [{ documents: [scripted(d, text, more)] }];
    beforeCommit(act);
    const run = await bench.sync();
    jest.restoreAllMocks();
    return run;
  };
  /** What can be found of the document, after making sure that the rows are sound. */
  const texts = async () => {
    if (!double) await bench.index();
    return (await stored())?.visibleText ?? '';
  };

  it('stays away when it is a memory of a document that is being read', async () => {
    await store('# A\n\nOne.\n\n# B\n\nTwo.');
    const removed = await memoryOf('Two');
    const body = async () => {
      await deleteMemory(removed);
      return { text: '# A\n\nOne more.\n\n# B\n\nTwo.' };
    };
    source.sweep = [{ documents: [scripted(d, '', { version: '2', body })] }];
    await bench.sync();
    expect(await texts()).toBe('# A\n\nOne more.');
    await bench.sync({ full: true });
    expect(await texts()).toBe('# A\n\nOne more.');
  });

  it('stays away when it is a memory that has only moved within its document', async () => {
    await store(sections('alder', 'birch'));
    const removed = await memoryOf('birch');
    const run = await edit(sections('birch', 'alder', 'cedar'), () => deleteMemory(removed));
    expect(run).toMatchObject({ status: 'success', attempt: 1 });
    expect(await texts()).toContain('cedar');
    expect(await texts()).not.toContain('birch');
  });

  it('stays away when it is forgotten', async () => {
    await store(sections('alder', 'birch'));
    await edit(sections('birch', 'alder', 'cedar'), async () => {
      const forget = { query: 'All about birch.', min_score: 0.1, limit: 1 };
      const path = '/v1/memory/collections/scripted/forget';
      expect((await bench.app.request('POST', path, { body: forget })).body.deleted).toBe(1);
    });
    expect(await texts()).toContain('cedar');
    expect(await texts()).not.toContain('birch');
  });

  it.each([
    ['kept for a while', false],
    ['purged', true],
  ])('stays away when it is a document with other words, and %s', async (_, purge) => {
    const id = await store(sections('alder', 'birch'));
    const before = (await stored())!.memories;
    const run = await edit(sections('alder', 'cedar'), () => deleteDocument(id, purge));
    expect(run.counts).toMatchObject({ listed: 1, updated: 0 });
    const after = await stored();
    if (purge) expect(after).toBeUndefined();
    else expect(after).toMatchObject({ state: 'deleted', memories: before, visibleText: null });
    expect((await bench.sync({ full: true })).counts.skipped).toMatchObject({ suppressed: 1 });
    expect(await texts()).toBe('');
  });

  it.each([
    ['kept for a while', false],
    ['purged', true],
  ])('stays away when it is a document with other labels, and %s', async (_, purge) => {
    const id = await store(sections('alder'));
    const act = () => deleteDocument(id, purge);
    await edit(sections('alder'), act, { author: 'Somebody else' });
    expect((await stored())?.state).toBe(purge ? undefined : 'deleted');
    expect(await texts()).toBe('');
  });

  it.each([
    ['a new document', false],
    ['a stored document', true],
  ])('stays away when it is purged between two transactions of %s', async (_, isStored) => {
    const words = Array.from({ length: 2 * database.writeBatch + 5 }, (_, n) => `word ${n}`);
    if (isStored) await store(sections('alder'));
    source.sweep = [{ documents: [scripted(d, sections(...words), { version: '2' })] }];
    const commits = beforeCommit(async () => {
      await deleteDocument((await stored())!.id, true);
    }, 2);
    expect(await bench.sync()).toMatchObject({ status: 'success', attempt: 1 });
    expect(commits()).toBeGreaterThan(2);
    expect(await stored()).toBeUndefined();
  });

  it('stays away when it is archived, and hands on what else was set on it', async () => {
    await store(sections('alder', 'birch'));
    const id = await memoryOf('birch');
    const set = async () => {
      for (const act of ['pin', 'archive'])
        expect((await bench.app.request('POST', `${MEMORIES}/${id}/${act}`)).status).toBe(200);
      const body = { importance: 0.25, category: 'policy' };
      expect((await bench.app.request('PATCH', `${MEMORIES}/${id}`, { body })).status).toBe(200);
    };
    const run = await edit(sections('alder', 'cedar'), set);
    expect(run).toMatchObject({ status: 'success', attempt: 1 });
    const rows = await bench.sql(
      `select pinned, archived, visible, importance, category from memories where id = $1`,
      [await memoryOf('cedar')],
    );
    const handedOn = { pinned: true, archived: true, importance: 0.25, category: 'policy' };
    expect(rows).toEqual([{ ...handedOn, visible: false }]);
    expect(await texts()).not.toContain('cedar');
  });

  it('stays away when it is archived between two transactions of its edit', async () => {
    await store(sections('alder', 'birch'));
    const id = await memoryOf('alder');
    jest.replaceProperty(database, 'writeBatch', 1);
    source.sweep = [{ documents: [scripted(d, sections('cedar', 'dogwood'), { version: '2' })] }];
    const commits = beforeCommit(() => archive(id), 2);
    expect(await bench.sync()).toMatchObject({ status: 'success', attempt: 1 });
    expect(commits()).toBeGreaterThan(2);
    expect(await texts()).not.toContain('cedar');
    expect(await texts()).toContain('dogwood');
  });

  /** Stores what the first transaction of an edit holds, and parks the run. */
  const cutShort = async (...words: string[]) => {
    const replaced = jest.replaceProperty(database, 'writeBatch', 1);
    source.sweep = [{ documents: [scripted(d, sections(...words), { version: '2' })] }];
    beforeCommit(() => Promise.reject(new AppError('database_unavailable', 'away')), 2);
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'waiting' });
    jest.restoreAllMocks();
    replaced.restore();
    return run;
  };

  it('stays away when its new words are archived after an edit was cut short', async () => {
    await store(sections('alder', 'birch'));
    const run = await cutShort('cedar', 'dogwood');
    await archive(await memoryOf('cedar'));
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    expect(await texts()).not.toContain('cedar');
    expect(await texts()).toContain('dogwood');
  });

  it('is not mistaken for what moves into its place in an edit that was cut short', async () => {
    await store(sections('alder', 'birch', 'cedar', 'dogwood', 'elm'));
    const removed = await memoryOf('birch');
    await archive(await memoryOf('dogwood'));
    const run = await cutShort('alder', 'cedar', 'dogwood', 'elm');
    expect(await bench.sql(`select from memories where id = $1`, [removed])).toEqual([]);
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    expect(await texts()).not.toContain('dogwood');
    for (const word of ['alder', 'cedar', 'elm']) expect(await texts()).toContain(word);
  });

  it.each([
    ['that edit', 'cedar'],
    ['a later one', 'elm'],
  ])('stays away when it is archived after an edit was cut short, before %s', async (_, word) => {
    await store(sections('alder', 'birch'));
    const id = await memoryOf('alder');
    const run = await cutShort('cedar', 'dogwood');
    expect(await memoryOf('cedar')).not.toBe(id);
    await archive(id);
    source.sweep = [{ documents: [scripted(d, sections(word, 'dogwood'), { version: word })] }];
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    expect(await memoryOf(word)).toBeDefined();
    expect(await texts()).not.toContain(word);
    expect(await texts()).toContain('dogwood');
  });

  it('stays away when it is archived before something else changes its new words', async () => {
    await store(sections('alder', 'birch'));
    const id = await memoryOf('alder');
    const run = await cutShort('cedar', 'dogwood');
    await archive(id);
    // As showing a document again does, or storing a batch of it once more.
    await bench.sql(`update memories set updated_at = clock_timestamp() where id = $1`, [
      await memoryOf('cedar'),
    ]);
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    expect(await texts()).not.toContain('cedar');
    expect(await texts()).toContain('dogwood');
  });

  it('stays away when its new words are archived, and it gets a label after that', async () => {
    await store(sections('alder', 'birch'));
    const id = await memoryOf('alder');
    const run = await cutShort('cedar', 'dogwood');
    await archive(await memoryOf('cedar'));
    const body = { category: 'policy' };
    expect((await bench.app.request('PATCH', `${MEMORIES}/${id}`, { body })).status).toBe(200);
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    const [row] = await bench.sql(
      `select archived, visible, category from memories where id = $1`,
      [await memoryOf('cedar')],
    );
    expect(row).toEqual({ archived: true, visible: false, category: 'policy' });
  });

  it('stays away from a document under the name that it is about to get', async () => {
    Object.assign(source.connector, { followsRenamesByContent: true });
    // Of its own words: what was purged before is followed by its content.
    await store(sections('dogwood', 'elm'));
    const removed = await memoryOf('elm');
    d = `${d}, renamed`;
    const run = await edit(sections('dogwood', 'elm'), () => deleteMemory(removed));
    expect(run).toMatchObject({ status: 'success', counts: { moved: 1 } });
    expect(await texts()).not.toContain('elm');
    source.sweep = [{ documents: [scripted(d, sections('dogwood', 'elm', 'cedar'))] }];
    await bench.sync();
    expect(await texts()).toContain('cedar');
    expect(await texts()).not.toContain('elm');
  });

  it('is stored anew where nobody removed it: its rows had only had their time', async () => {
    const id = await store(sections('alder'));
    const run = await edit(sections('alder', 'birch'), async () => {
      await bench.sql(`delete from memories where document_id = $1`, [id]);
      await bench.sql(`delete from documents where id = $1`, [id]);
    });
    const ended = run.status === 'waiting' ? await bench.goOn(run) : run;
    expect(ended).toMatchObject({ status: 'success', attempt: 2, counts: { created: 1 } });
    expect(await texts()).toContain('alder');
    expect(await texts()).toContain('birch');
  });

  it('waits for a commit that is under way, and is removed after it', async () => {
    if (!overlaps()) return;
    await store(sections('alder', 'birch'));
    const removed = await memoryOf('birch');
    const written = new Gate();
    const pipeline = bench.app.nest.get(DocumentPipeline);
    const original = pipeline.store.bind(pipeline);
    jest.spyOn(pipeline, 'store').mockImplementationOnce(async (...of) => {
      await original(...of);
      await written.pass();
    });
    source.sweep = [{ documents: [scripted(d, sections('birch', 'alder'))] }];
    const run = bench.sync();
    await written.reached;
    const deleting = deleteMemory(removed);
    await blocked();
    written.open();
    await Promise.all([run, deleting]);
    expect(await texts()).not.toContain('birch');
  });

  it('is awaited by a commit when it is under way', async () => {
    if (!overlaps()) return;
    await store(sections('alder', 'birch'));
    const removed = await memoryOf('birch');
    const removing = new Gate();
    const index = bench.app.nest.get<VectorIndex>(VECTOR_INDEX);
    const original = index.remove.bind(index);
    jest.spyOn(index, 'remove').mockImplementationOnce(async (...of) => {
      await removing.pass();
      return original(...of);
    });
    const deleting = deleteMemory(removed);
    await removing.reached;
    source.sweep = [{ documents: [scripted(d, sections('birch', 'alder', 'cedar'))] }];
    const run = bench.sync();
    await blocked();
    removing.open();
    const [ended] = await Promise.all([run, deleting]);
    expect(ended).toMatchObject({ status: 'success', attempt: 1 });
    expect(await texts()).toContain('cedar');
    expect(await texts()).not.toContain('birch');
  });

  it('is not archived any more once its place is taken', async () => {
    if (!overlaps()) return;
    await store(sections('alder', 'birch'));
    const pruning = new Gate();
    const memories = bench.app.nest.get(MemoryRowsRepository, { strict: false });
    const original = memories.remove.bind(memories);
    jest.spyOn(memories, 'remove').mockImplementationOnce(async (...of) => {
      await pruning.pass();
      return original(...of);
    });
    source.sweep = [{ documents: [scripted(d, sections('alder', 'cedar'))] }];
    const run = bench.sync();
    await pruning.reached;
    const body = { older_than_days: 0, dry_run: false };
    const path = '/v1/memory/collections/scripted/archive-stale';
    const archiving = bench.app.request('POST', path, { body });
    await blocked();
    pruning.open();
    await run;
    // What it says it has archived is not lost to the edit.
    const { archived } = (await archiving).body as { archived: number };
    const rows = await bench.sql(
      `select from memories m join documents d on d.id = m.document_id
       where d.connection_id = $1 and m.archived`,
      [bench.connection],
    );
    expect(rows).toHaveLength(archived);
  });

  /** The embedded database has one session, so nothing of it overlaps. */
  const overlaps = () => database.mode === 'server';

  /** Until a transaction waits for another one. */
  const blocked = () =>
    eventually('a transaction that waits', async () => {
      const waiting = await bench.sql(`select from pg_locks where not granted`);
      return waiting.length > 0 || undefined;
    });
});
