import { databases } from '../../support/database-fixtures.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';
import { recordTransactionSizes, type TransactionSize } from '../../support/transaction-sizes.js';

const DAY = 86_400_000;
const DOCUMENTS = 60;

/** One chunk for each part. */
const text = (chunks: number, topic = 'part') =>
  Array.from(
    { length: chunks },
    (_, n) => `## Part ${n}\n\n${`Everything about ${topic} ${n}. `.repeat(25)}`,
  ).join('\n\n');

const listedOn = (day: number) =>
  Array.from({ length: DOCUMENTS }, (_, n) =>
    scripted(`d${n}`, text(6), {
      version: '1',
      times: { createdAt: null, updatedAt: new Date(day * DAY) },
    }),
  );

describe('transactions of the embedded database stay small', () => {
  const [pglite] = databases();
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;
  let sizes: TransactionSize[];

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await pglite!.open());
    sizes = recordTransactionSizes(bench.database);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await bench.close();
  });
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
  });
  afterEach(() => bench.detach());

  const sync = async (...documents: ReturnType<typeof listedOn>) => {
    source.sweep = [{ documents }];
    sizes.length = 0;
    return bench.sync();
  };
  const largest = () => Math.max(...sizes.map(({ chunks }) => chunks));

  it('when a page has only another date, which is among the words', async () => {
    await sync(...listedOn(1));
    expect(largest()).toBe(bench.database.writeBatch);
    const { counts } = await sync(...listedOn(2));
    expect(counts).toMatchObject({ updated: DOCUMENTS, embedded: 0 });
    expect(largest()).toBeLessThanOrEqual(bench.database.writeBatch);
  });

  it('when documents are hidden, restored and purged', async () => {
    await sync(...listedOn(1));
    const tombstones = listedOn(1).map(({ externalId }) => externalId);
    sizes.length = 0;
    source.sweep = [{ tombstones }];
    expect((await bench.sync()).counts).toMatchObject({ deleted: DOCUMENTS });
    expect((await sync(...listedOn(1))).counts).toMatchObject({ restored: DOCUMENTS, updated: 0 });
    const moderate = bench.database.lightBatch;
    expect(largest()).toBeLessThanOrEqual(moderate);
    const held = await sync();
    expect(held.held_deletions).toMatchObject({ count: DOCUMENTS });
    sizes.length = 0;
    expect((await bench.post('deletions/confirm')).body).toMatchObject({ deleted: DOCUMENTS });
    expect(largest()).toBeLessThanOrEqual(moderate);
    sizes.length = 0;
    await bench.detach();
    expect(largest()).toBeLessThanOrEqual(moderate);
    expect(largest()).toBeGreaterThan(0);
  });

  it('when an account is attached again under another tag', async () => {
    await sync(...listedOn(1));
    await bench.app.request('DELETE', `/v1/memory/connections/${bench.connection}`);
    sizes.length = 0;
    await bench.attach(source, { container_tag: 'another' });
    expect(await bench.get()).toMatchObject({ document_count: DOCUMENTS });
    expect(sizes.length).toBeGreaterThan(1);
    expect(largest()).toBeLessThanOrEqual(bench.database.lightBatch);
    const tags = await bench.sql('select distinct container_tag as tag from memories');
    expect(tags).toEqual([{ tag: 'another' }]);
    expect((await sync(...listedOn(1))).counts).toMatchObject({ unchanged: DOCUMENTS });
  });

  it('when one large document is edited throughout, moved or described anew', async () => {
    const { writeBatch } = bench.database;
    const large = (version: string, content: string, author: string | null = null) =>
      scripted('large', content, { version, author });
    await sync(large('1', text(70)));
    await sync(large('2', text(70, 'thing')));
    expect(largest()).toBe(writeBatch);
    const opening = `## Opening\n\n${'Something new. '.repeat(60)}`;
    const moved = await sync(large('3', `${opening}\n\n${text(70, 'thing')}`));
    expect(moved.counts).toMatchObject({ embeddings_saved: 70 });
    expect(largest()).toBe(writeBatch);
    await sync(large('3', `${opening}\n\n${text(70, 'thing')}`, 'Quentin'));
    const [labels, ...words] = sizes.map(({ chunks }) => chunks).sort((a, b) => b - a);
    expect(labels).toBeGreaterThan(70);
    expect(Math.max(...words)).toBe(writeBatch);
  });
});
