import { DocumentPipeline } from '../../../src/remember/document-pipeline.js';
import { LeaseLost } from '../../../src/runs/run-queue.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { Suspects } from '../../../src/sync/deletions/suspects.js';
import { PendingRefsRepository } from '../../../src/sync/pending-refs/pending-refs.repository.js';
import { RunReaper } from '../../../src/sync/worker/run-reaper.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

/** Chunks enough for more than one transaction, whatever the database. */
const LONG = Array.from(
  { length: 450 },
  (_, n) => `## Part ${n}\n\n${`Everything about part ${n}. `.repeat(25)}`,
).join('\n\n');

const documents = [
  ...Array.from({ length: 60 }, (_, n) => scripted(`a${n}`, `Text a${n}.`)),
  scripted('long', LONG, { version: '1' }),
  ...Array.from({ length: 400 }, (_, n) => scripted(`z${n}`, `Text z${n}.`)),
];

describeOnOneDatabase('counts of a run whose worker dies in the middle of a page', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const rowOf = async (run: string) =>
    (await bench.app.request('GET', `/v1/memory/runs/${run}`)).body as RunDetailAnswer;
  const stored = async () => {
    const [row] = await bench.sql<{ documents: number; chunks: number }>(
      `select (select count(*)::int from documents
               where connection_id = $1 and state = 'live') as documents,
         (select count(*)::int from memories m join documents d on d.id = m.document_id
          where d.connection_id = $1) as chunks`,
      [bench.connection],
    );
    return row!;
  };
  /** A worker that is never heard of again once so many transactions are through. */
  const dieAfter = async (transactions: number, body = {}): Promise<string> => {
    const pipeline = bench.app.nest.get(DocumentPipeline);
    const store = pipeline.store.bind(pipeline);
    let left = transactions;
    const dead = new Promise<void>((resolve) => {
      jest.spyOn(pipeline, 'store').mockImplementation(async (...batch) => {
        await store(...batch);
        if (left-- > 0) return;
        resolve();
        // Rolls this one back, and nothing else is written by this worker.
        throw new LeaseLost('of a dead worker');
      });
    });
    const run = await bench.ask(body);
    await dead;
    jest.restoreAllMocks();
    return run;
  };
  const resumed = async (run: string): Promise<RunDetailAnswer> => {
    await bench.sql(`update runs set lease_until = now() - interval '1 s' where id = $1`, [run]);
    await bench.app.nest.get(RunReaper).reap();
    return eventually('the second attempt', async () => {
      const body = await rowOf(run);
      return body.attempt === 2 && body.finished_at !== null ? body : undefined;
    });
  };

  it.each([1, 2, 3, 4])('are exact when it dies after %i transactions', async (transactions) => {
    source.partitions = [{ key: PARTITION, title: 'A channel', expected: documents.length }];
    source.sweep = [{ documents }];
    const run = await dieAfter(transactions);
    const before = await stored();
    expect(before.chunks).toBeGreaterThan(0);
    expect(await rowOf(run)).toMatchObject({
      synced_count: before.documents,
      counts: { created: before.documents, updated: 0, embedded: before.chunks },
      progress: { done: before.documents, expected: documents.length },
    });
    const ended = await resumed(run);
    const after = await stored();
    expect(after.documents).toBe(documents.length);
    expect(ended).toMatchObject({
      ...{ status: 'success', attempt: 2, synced_count: documents.length },
      counts: {
        ...{ listed: documents.length, created: documents.length, updated: 0 },
        embedded: after.chunks,
      },
      progress: { done: documents.length, expected: documents.length },
    });
  });

  it('tell created from updated', async () => {
    const edited = documents.map((document) => scripted(document.externalId, 'As it was.'));
    source.sweep = [{ documents: edited.slice(0, 230) }];
    await bench.sync();
    source.sweep = [{ documents }];
    const ended = await resumed(await dieAfter(3));
    expect(ended).toMatchObject({
      synced_count: documents.length,
      counts: { created: documents.length - 230, updated: 230 },
    });
  });

  it.each([0, 1, 2, 3, 4])('are exact when labels change and it dies after %i', async (died) => {
    source.sweep = [{ documents }];
    await bench.sync();
    source.sweep = [{ documents: documents.map((listed) => ({ ...listed, author: 'Quentin' })) }];
    const run = await dieAfter(died);
    const labelled = async () => {
      const [row] = await bench.sql<{ documents: number; chunks: number; mixed: number }>(
        `select count(distinct d.id) filter (where d.author = 'Quentin')::int as documents,
           count(*) filter (where m.author = 'Quentin')::int as chunks,
           count(*) filter (where m.author is distinct from d.author)::int as mixed
         from documents d join memories m on m.document_id = d.id where d.connection_id = $1`,
        [bench.connection],
      );
      return row!;
    };
    const before = await labelled();
    expect(before.mixed).toBe(0);
    expect(await rowOf(run)).toMatchObject({
      synced_count: before.documents,
      counts: { created: 0, updated: before.documents, embedded: 0 },
      progress: { done: before.documents },
    });
    const ended = await resumed(run);
    const { chunks } = await stored();
    expect(await labelled()).toEqual({ documents: documents.length, chunks, mixed: 0 });
    const unchanged = before.documents;
    expect(ended).toMatchObject({
      ...{ status: 'success', synced_count: documents.length },
      counts: { listed: documents.length, updated: documents.length, unchanged, embedded: 0 },
    });
    const found = await bench.app.request('POST', '/v1/memory/search', {
      body: { query: 'Quentin', collection: 'scripted', mode: 'text', limit: 100 },
    });
    expect(found.body).toHaveLength(100);
  });

  /** The worker is never heard of again once it calls what `arrange` gets. */
  const dieAt = async (arrange: (die: () => Promise<never>) => void): Promise<string> => {
    const dead = new Promise<void>((resolve) =>
      arrange(() => {
        resolve();
        return Promise.reject(new LeaseLost('of a dead worker'));
      }),
    );
    const run = await bench.ask();
    await dead;
    jest.restoreAllMocks();
    return run;
  };

  it('have what was hidden right before', async () => {
    const few = documents.slice(0, 9);
    source.sweep = [{ documents: few }];
    await bench.sync();
    source.sweep = [{ documents: few.slice(3) }];
    source.lost.add('a0');
    const suspects = bench.app.nest.get(Suspects);
    const hide = suspects.hide.bind(suspects);
    const run = await dieAt((die) =>
      jest.spyOn(suspects, 'hide').mockImplementationOnce(hide).mockImplementation(die),
    );
    const counts = { deleted: 2, lost_access: 1 };
    expect(await rowOf(run)).toMatchObject({ counts });
    expect(await resumed(run)).toMatchObject({ status: 'success', counts });
  });

  it('have what was hidden right before because it was asked for by itself', async () => {
    const few = documents.slice(0, 9);
    source.sweep = [{ documents: few }];
    await bench.sync();
    source.sweep = [{ documents: few.slice(1) }];
    source.lost.add('a0');
    await bench.sql(
      `insert into pending_refs (connection_id, external_id, cause) values ($1, 'a0', 'retry')`,
      [bench.connection],
    );
    const refs = bench.app.nest.get(PendingRefsRepository);
    const due = refs.due.bind(refs);
    const run = await dieAt((die) =>
      jest.spyOn(refs, 'due').mockImplementationOnce(due).mockImplementation(die),
    );
    const counts = { deleted: 0, lost_access: 1 };
    expect(await rowOf(run)).toMatchObject({ counts });
    expect(await resumed(run)).toMatchObject({ status: 'success', counts });
  });

  it('count what is read again in full as unchanged once', async () => {
    source.partitions = [{ key: PARTITION, title: 'A channel', expected: documents.length }];
    source.sweep = [{ documents }];
    await bench.sync();
    const run = await dieAfter(1, { full: true });
    const { progress, counts } = await rowOf(run);
    expect(progress.done).toBeGreaterThan(0);
    expect(counts).toMatchObject({ updated: 0, unchanged: 0 });
    expect(await resumed(run)).toMatchObject({
      ...{ status: 'success', attempt: 2, synced_count: 0 },
      counts: { listed: documents.length, updated: 0, unchanged: documents.length, embedded: 0 },
      progress: { done: documents.length },
    });
  });
});
