import {
  ItemError,
  RateLimitedError,
  TransientSourceError,
} from '../../../connectors/sdk/errors.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { MAX_UPSTREAM_ATTEMPTS } from '../../../src/sync/engine/error-policy.js';
import { LedgerRepository } from '../../../src/sync/engine/ledger.repository.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { aborted } from '../../support/fault-matrix/hooked-connector.js';
import { lazily, PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const later = () => new Date(Date.now() + 3_600_000);

/** A long text whose paragraphs are chunks of their own. */
const longText = (...words: string[]): string =>
  words.map((word) => `## ${word}\n\n${`Everything about ${word}. `.repeat(60)}`).join('\n\n');

describeOnOneDatabase('pages of a source', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;
  const index = () => bench.index();
  const sync = (options = {}) => bench.sync(options);
  const goOn = (run: RunDetailAnswer) => bench.goOn(run);

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
  });
  afterEach(() => bench.detach());

  it('take the last word on an item that is listed twice', async () => {
    const [first, second, third] = [
      longText('alder', 'birch'),
      longText('cedar', 'birch'),
      longText('dogwood', 'elm'),
    ];
    source.sweep = [{ documents: [scripted('a', first)] }];
    await sync();
    source.sweep = [
      { documents: [scripted('a', second)] },
      { documents: [scripted('b', 'Something else.')] },
      { documents: [scripted('a', third)] },
    ];
    expect(await sync()).toMatchObject({ status: 'success', attempt: 1 });
    const { a } = await index();
    expect(a).toContain('dogwood');
    for (const word of ['alder', 'birch', 'cedar']) expect(a).not.toContain(word);
  });

  it('look only those documents up one by one that are not as listed', async () => {
    const as = (id: string, more = {}) => scripted(id, `About ${id}.`, more);
    const different = ['edited', 'renamed', 'relabelled', 'hidden', 'failed'];
    source.sweep = [{ documents: ['same', ...different].map((id) => as(id)) }];
    await sync();
    await bench.sql(
      `update documents set state = 'lost_access' where connection_id = $1 and external_id = $2`,
      [bench.connection, 'hidden'],
    );
    await bench.sql(
      `insert into failures (id, connection_id, external_id, stage, code, message, version)
       select gen_random_uuid(), connection_id, external_id, 'fetch', 'unreadable', 'No.', version
       from documents where connection_id = $1 and external_id = $2`,
      [bench.connection, 'failed'],
    );
    const known = jest.spyOn(bench.app.nest.get(LedgerRepository), 'known');
    source.sweep = [
      {
        documents: [
          as('same'),
          scripted('edited', 'Other words.'),
          as('renamed', { title: 'Other name' }),
          as('relabelled', { author: 'Somebody else' }),
          ...[as('hidden'), as('failed'), as('new')],
        ],
      },
    ];
    const { counts } = await sync();
    expect(known.mock.calls.flatMap(([, , , ids]) => ids)).toEqual([...different, 'new']);
    known.mockRestore();
    expect(counts).toMatchObject({ created: 1, listed: 7, failed: 1, deleted: 0 });
    expect((await sync({ full: true })).counts).toMatchObject({ listed: 7, unchanged: 7 });
  });

  it('take a new item that is listed twice once', async () => {
    source.sweep = [
      { documents: [scripted('a', 'As it was.')] },
      { documents: [scripted('a', 'As it is.')] },
    ];
    const run = await sync();
    expect(run).toMatchObject({ status: 'success', attempt: 1, counts: { created: 1 } });
    expect(await index()).toEqual({ a: 'As it is.' });
  });

  it('drop what is created and deleted again within one run', async () => {
    // No complete sweep that would find them missing.
    source.sweep = [{ documents: [scripted('kept', 'This stays.')], gap: 'a part is missing' }];
    source.changes = [
      { documents: [scripted('a', 'Short-lived.')] },
      { tombstones: ['a'] },
      { documents: [scripted('b', 'Deleted on its own page.')], tombstones: ['b'] },
    ];
    expect(await sync()).toMatchObject({ status: 'partial', counts: { deleted: 1, failed: 0 } });
    expect(await index()).toEqual({ kept: 'This stays.' });
  });

  describe('that are read again in full', () => {
    const parts = Array.from({ length: 450 }, (_, n) => `part ${n}`);
    const documents = [
      scripted('long', longText(...parts), { version: '1' }),
      ...Array.from({ length: 5 }, (_, n) => scripted(`d${n}`, longText('alder', `birch ${n}`))),
    ];
    const idsOf = (externalId: string) =>
      bench.sql<{ id: string }>(
        `select m.id from memories m join documents d on d.id = m.document_id
         where d.connection_id = $1 and d.external_id = $2 order by m.ordinal`,
        [bench.connection, externalId],
      );

    beforeEach(async () => {
      source.partitions = [{ key: PARTITION, title: 'A channel', expected: documents.length }];
      source.sweep = [{ documents }];
      expect((await sync()).counts.created).toBe(documents.length);
    });

    it('count what is as stored as unchanged, however often', async () => {
      for (let run = 1; run <= 2; run += 1)
        expect(await bench.sync({ full: true })).toMatchObject({
          ...{ status: 'success', synced_count: 0, progress: { done: documents.length } },
          counts: {
            ...{ listed: documents.length, fetched: documents.length },
            ...{ created: 0, updated: 0, unchanged: documents.length, embedded: 0 },
          },
        });
    });

    it('count what has other words or other labels as updated', async () => {
      source.sweep = [
        {
          documents: documents.map((document) => {
            if (document.externalId === 'd1') return { ...document, author: 'Somebody else' };
            if (document.externalId === 'd2') return { ...document, body: { text: 'Rewritten.' } };
            return document;
          }),
        },
      ];
      expect((await bench.sync({ full: true })).counts).toMatchObject({
        ...{ updated: 2, unchanged: documents.length - 2, embedded: 1 },
      });
      expect((await index())['d2']).toBe('Rewritten.');
    });

    it('mend what is damaged, and count it as updated', async () => {
      const before = await index();
      const middle = parts.length / 2;
      const lost = [(await idsOf('long'))[middle]!.id, (await idsOf('d1'))[1]!.id];
      await bench.sql(`delete from memories where id = any($1::uuid[])`, [lost]);
      const [last] = (await idsOf('d2')).slice(-1);
      await bench.sql(`update memories set ordinal = 7 where id = $1`, [last!.id]);
      await bench.sql(
        `update documents set chunk_count = 9 where connection_id = $1 and external_id = 'd3'`,
        [bench.connection],
      );
      expect((await bench.sync({ full: true })).counts).toMatchObject({
        ...{ updated: 4, unchanged: documents.length - 4, embedded: 2 },
      });
      expect(await index()).toEqual(before);
      expect((await bench.sync({ full: true })).counts).toMatchObject({
        ...{ updated: 0, unchanged: documents.length, embedded: 0 },
      });
    });
  });

  it('of a feed are read once, by one run or the next', async () => {
    source.sweep = [{ documents: [scripted('a', 'One.')] }];
    source.changes = [{ documents: [scripted('b', 'Two.')] }];
    source.present.set('b', scripted('b', 'Two.'));
    await sync();
    source.changes.push({ documents: [scripted('a', 'One, edited.')] });
    const run = await sync();
    const feed = run.partitions.find(({ lane }) => lane === 'changes');
    expect(feed).toMatchObject({ pages: 1, documents: 1 });
    expect(await index()).toEqual({ a: 'One, edited.', b: 'Two.' });
  });

  it('name an item once that fails twice', async () => {
    const item = { externalId: 'a', title: 'A report', url: null, partition: PARTITION };
    const failure = { ...item, stage: 'list', code: 'broken', message: 'It is broken.' } as const;
    source.sweep = [
      { documents: [scripted('b', 'Fine.')], failures: [failure, failure] },
      { failures: [failure] },
    ];
    expect(await sync()).toMatchObject({ status: 'partial' });
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'a' }]);
    expect(await index()).toEqual({ b: 'Fine.' });
  });

  it('may hold characters that a database cannot store', async () => {
    const odd = 'cut\ud83d and zero\u0000';
    const item = { externalId: 'x', title: odd, url: odd, partition: PARTITION };
    source.sweep = [
      {
        documents: [
          scripted('a', `The text, ${odd}`, {
            ...{ version: '1', title: odd, url: odd, author: odd, container: odd, parents: [odd] },
            metadata: { [odd]: odd, nested: [{ deep: odd }] },
            access: { mode: 'restricted', principals: [odd] },
          }),
          scripted('b', 'Fine.'),
        ],
        failures: [{ ...item, stage: 'list', code: 'broken', message: odd }],
      },
    ];
    expect(await sync()).toMatchObject({ status: 'partial', counts: { created: 2, failed: 1 } });
    expect(await index()).toEqual({ a: 'The text, cut\ufffd and zero', b: 'Fine.' });
    expect(await sync()).toMatchObject({ counts: { unchanged: 2, embedded: 0 } });
  });

  it('are read no further once the source has asked to wait', async () => {
    let asked = 0;
    let limited = true;
    const read = lazily(() => {
      asked += 1;
      if (limited) throw new RateLimitedError('enough', later(), 'read');
      return 'A text.';
    });
    const documents = Array.from({ length: 50 }, (_, n) =>
      scripted(`d${n}`, 'A text.', { body: read }),
    );
    source.sweep = [{ documents }];
    const parked = await sync();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'rate_limited:read' } });
    expect(asked).toBeLessThanOrEqual(source.concurrentReads);
    limited = false;
    expect(await goOn(parked)).toMatchObject({ status: 'success', counts: { created: 50 } });
  });

  it('bear an event for a document that is about to be written', async () => {
    source.sweep = [{ documents: [scripted('a', longText('alder', 'birch'))] }];
    await sync();
    source.present.set('a', scripted('a', longText('dogwood', 'elm')));
    source.sweep = [
      {
        documents: [scripted('b', 'The first page.')],
        // The event arrives while the page is on its way, so it is read after that page.
        before: async () => {
          await bench.sql(
            `insert into pending_refs (connection_id, external_id, cause, partition_key)
             values ($1, 'a', 'webhook', $2)`,
            [bench.connection, PARTITION],
          );
        },
      },
      { documents: [scripted('a', longText('cedar', 'birch'))] },
      { documents: [scripted('c', 'The last page.')] },
    ];
    expect(await sync()).toMatchObject({ status: 'success', attempt: 1 });
    const { a } = await index();
    expect(a).not.toContain('alder');
    // Whichever came last, it is there whole and nothing of the other is.
    expect(a!.includes('dogwood') && a!.includes('elm')).toBe(!a!.includes('cedar'));
    expect(a!.includes('birch')).toBe(a!.includes('cedar'));
    const left = `select 1 from pending_refs where connection_id = $1`;
    expect(await bench.sql(left, [bench.connection])).toEqual([]);
  });

  it('come through however often the source asks to wait, as long as some do', async () => {
    const waits = MAX_UPSTREAM_ATTEMPTS + 2;
    const refused = new Set<number>();
    const limit = (page: number) => () => {
      if (refused.has(page)) return;
      refused.add(page);
      throw new RateLimitedError('wait', later(), 'list');
    };
    source.sweep = Array.from({ length: waits + 1 }, (_, n) => ({
      documents: [scripted(`d${n}`, `Text ${n}.`)],
      before: n > 0 ? limit(n) : undefined,
    }));
    let down = true;
    const blip = () => {
      if (!down) return;
      down = false;
      throw new TransientSourceError('http_503', 'unwell');
    };
    source.sweep = [...source.sweep, { documents: [scripted('z', 'The end.')], before: blip }];
    let run = await sync();
    for (let n = 0; n < waits; n += 1) {
      expect(run.waiting?.reason).toBe('rate_limited:list');
      run = await goOn(run);
    }
    // One blip after many waits is the first one: short, and not the end of the run.
    expect(run).toMatchObject({ status: 'waiting', waiting: { reason: 'upstream' } });
    const wait = Date.parse(run.waiting!.until) - Date.parse(run.attempts.at(-1)!.ended_at!);
    expect(wait).toBeLessThan(6000);
    expect(await goOn(run)).toMatchObject({ status: 'success', counts: { created: waits + 2 } });
  });

  it('keep the name of a failed item when it is tried again in vain', async () => {
    const url = 'https://example.org/report';
    const body = lazily(() => {
      throw new TypeError('no such encoding');
    });
    const document = scripted('a', 'v1', { title: 'A report', url, body });
    source.sweep = [{ documents: [document] }];
    source.present.set('a', new ItemError('unreadable', 'still no such encoding'));
    await sync();
    const [failure] = await bench.get('/failures');
    expect(failure).toMatchObject({ title: 'A report', url, attempts: 1 });
    const retried = await bench.app.request('POST', `/v1/memory/failures/${failure.id}/retry`);
    const run = await bench.settled(retried.body.run_id as string);
    // The sweep meets it again in the same run.
    expect(run).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(await bench.get('/failures')).toMatchObject([
      { id: failure.id, title: 'A report', url, attempts: 2, code: 'unreadable' },
    ]);
  });

  it('are closed by the connector when the run stops', async () => {
    source.sweep = [
      { documents: [scripted('a', 'One.')] },
      { documents: [scripted('b', 'Two.')], before: aborted },
      ...Array.from({ length: 20 }, (_, n) => ({ documents: [scripted(`c${n}`, `Text ${n}.`)] })),
    ];
    const id = await bench.ask();
    await eventually('the listing', () => (source.open > 0 ? true : undefined));
    await bench.app.request('POST', `/v1/memory/runs/${id}/cancel`);
    expect((await bench.settled(id)).status).toBe('cancelled');
    expect(source.open).toBe(0);
  });
});
