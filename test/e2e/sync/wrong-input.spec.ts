import { renameSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import {
  docx,
  paragraph,
  pdf,
  withClaimedSize,
  xlsx,
} from '../../../src/extract/sample-files.contract.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import { filesHarness, PAGE_FILES } from '../../support/files-source.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';

const MIB = 1024 * 1024;
const MAX_FILE_BYTES = 2 * MIB;

interface Failure {
  external_id: string;
  stage: string;
  code: string;
  message: string;
}

describeOnOneDatabase('wrong input', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    const harness = filesHarness({ max_file_bytes: MAX_FILE_BYTES });
    editor = harness.editor;
    source = await bench.attach(harness);
  });
  afterEach(() => bench.detach());

  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(editor.path, path)), { recursive: true });
    writeFileSync(join(editor.path, path), content);
  };
  /** Well-formed files around the wrong one, on the page before, the same and the one after. */
  const surround = (): string[] => {
    const names = Array.from({ length: 2 * PAGE_FILES }, (_, n) =>
      n < PAGE_FILES ? `a${n}.md` : `z${n}.md`,
    );
    for (const name of names) write(name, `The well-formed text of ${name}.`);
    return names;
  };
  const textOf = async (name: string) =>
    (await source.stored()).find(({ externalId }) => externalId === name)?.visibleText;
  const failures = async () =>
    ((await source.get('/failures')) as Failure[]).map(({ external_id: id, stage, code }) => ({
      ...{ id, stage, code },
    }));

  const BROKEN: [name: string, content: () => Uint8Array, code: string][] = [
    ['m.pdf', () => Buffer.from('%PDF-1.7\nand then nothing of the kind'), 'corrupt'],
    ['m.pdf', () => pdf({ pages: [[{ text: 'Secret', y: 700 }]] }).subarray(0, 200), 'corrupt'],
    ['m.pdf', () => pdf({ pages: [[{ text: 'Secret', y: 700 }]], encrypted: true }), 'encrypted'],
    ['m.docx', () => docx({ body: ' '.repeat(40 * MIB) }), 'expansion_limit'],
    [
      'm.docx',
      () => withClaimedSize(docx({ body: paragraph('x'.repeat(20 * MIB)) }), 10),
      'expansion_limit',
    ],
    ['m.xlsx', () => xlsx({ sheets: { Sheet: [['a']] } }).subarray(0, 300), 'corrupt'],
    ['m.docx', () => docx({ body: '' }), 'empty'],
    ['m.pdf', () => pdf({ pages: [[]] }), 'empty'],
  ];
  it.each(BROKEN)('a broken %s is a failure by name, and nothing else is lost', async (...one) => {
    const [name, content, code] = one;
    const fine = surround();
    write(name, content());
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'partial', counts: { created: fine.length, failed: 1 } });
    expect(await failures()).toEqual([{ id: name, stage: 'extract', code }]);
    expect([...(await source.visible())].sort()).toEqual(fine.sort());
    write(name, docx({ body: paragraph('Mended.') }));
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { created: 1 } });
    expect(await failures()).toEqual([]);
  });

  it('a file that turns bad keeps its last good text until it is mended', async () => {
    const fine = surround();
    write('m.docx', docx({ body: paragraph('The last good text.') }));
    await source.sync();
    write('m.docx', 'no document any more');
    expect(await source.sync()).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(await failures()).toMatchObject([{ id: 'm.docx', stage: 'extract' }]);
    expect([...(await source.visible())].sort()).toEqual([...fine, 'm.docx'].sort());
    rmSync(join(editor.path, 'm.docx'));
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { deleted: 1 } });
    expect(await failures()).toEqual([]);
  });

  it.each([
    ['blanks', 'm.md', '  \n\n \t\n'],
    ['a byte order mark', 'm.txt', '\ufeff'],
    ['blank cells', 'm.csv', ' , \n , \n'],
    ['scripts', 'm.html', '<html><script>app()</script></html>'],
  ])('a file of nothing but %s is a document with only its name', async (_, name, blank) => {
    const fine = surround();
    write(name, blank);
    const run = await source.sync();
    expect(run).toMatchObject({
      ...{ status: 'success', counts: { created: fine.length + 1, failed: 0 } },
    });
    expect(await textOf(name)).toBe(name);
    expect(await source.sync()).toMatchObject({
      ...{ status: 'success', counts: { fetched: 0, unchanged: fine.length + 1 } },
    });
  });

  it('a file that becomes blank loses its old text', async () => {
    write('m.md', 'The old text of the file.');
    await source.sync();
    write('m.md', ' \n');
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { updated: 1 } });
    expect(await textOf('m.md')).toBe('m.md');
    write('m.md', 'The new text.');
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { updated: 1 } });
    expect(await textOf('m.md')).toBe('The new text.');
  });

  it('an empty file is left out and is no failure', async () => {
    const fine = surround();
    write('m.md', '');
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success', counts: { failed: 0, skipped: { empty: 1 } } });
    write('m.md', 'Now there is something.');
    await source.sync();
    expect(await source.visible()).toContain('m.md');
    write('m.md', '');
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { deleted: 1 } });
    expect([...(await source.visible())].sort()).toEqual(fine.sort());
  });

  it('a file that may not be read is a failure by name', async () => {
    const fine = surround();
    write('m.md', 'For your eyes only.');
    await editor.deny('m.md');
    expect(await source.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(await failures()).toEqual([{ id: 'm.md', stage: 'fetch', code: 'file_unreadable' }]);
    expect([...(await source.visible())].sort()).toEqual(fine.sort());
  });

  it('a file over the limit is a failure by name, without being read', async () => {
    const fine = surround();
    write('m.md', 'x'.repeat(MAX_FILE_BYTES + 1));
    const reads = await source.reads(async () => {
      expect(await source.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    });
    expect(reads).toBe(fine.length);
    expect(await failures()).toEqual([{ id: 'm.md', stage: 'list', code: 'too_large' }]);
    write('m.md', 'x');
    expect(await source.sync()).toMatchObject({ status: 'success' });
    expect(await failures()).toEqual([]);
  });

  it('a huge text within the limits is found up to its last paragraph', async () => {
    surround();
    const paragraphs = Array.from(
      { length: 4_000 },
      (_, n) => `Paragraph ${n} tells at some length what happened on day ${n} of the voyage `,
    ).map((text, n) => `${text.repeat(1 + ((Math.imul(n, 0x9e3779b1) >>> 16) % 7))}.`);
    paragraphs.push('At the very end the quokka comes home.');
    const text = paragraphs.join('\n\n');
    expect(text.length).toBeGreaterThan(MIB);
    expect(text.length).toBeLessThan(MAX_FILE_BYTES);
    write('m.md', text);
    let run = await source.sync();
    expect(run).toMatchObject({ status: 'success', counts: { failed: 0 } });
    const chunks = run.counts.chunks;
    const path = `/v1/memory/collections/${encodeURIComponent(source.collection)}/search`;
    const found = await bench.app.request('POST', path, { body: { query: 'quokka', limit: 1 } });
    expect(found.body[0].metadata.external_id).toBe('m.md');
    // An edit in the middle of it embeds what changed and nothing else.
    paragraphs[1_000] = 'On day 1000 nothing at all happened.';
    write('m.md', paragraphs.join('\n\n'));
    run = await source.sync();
    expect(run.counts.embedded).toBeLessThan(20);
    expect(run.counts.embeddings_saved).toBeGreaterThan(chunks - 40);
  });

  it('names of any kind are followed', async () => {
    const names = [
      'cafe\u0301 in NFD.md',
      'caf\u00e9 in NFC.md',
      '\u540d\u524d \u30e1\u30e2.md',
      '\u{1f680} launch \u{1f469}\u200d\u{1f680}.md',
      'right\u202eto\u202cleft.md',
      ' with spaces .md',
      `quote's "and" 100%25 & #hash?;.md`,
      'back\\slash.md',
      'line\nbreak.md',
      'tab\tstop.md',
      'zero\u200bwidth.md',
      `${'long'.repeat(63)}.md`,
      'odd \u{1f4c1}\n folder/in it.md',
    ];
    names.forEach((name, n) => write(name, `The text of odd name number ${n}.`));
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success', counts: { created: names.length } });
    expect([...(await source.visible())].sort()).toEqual(
      names.map((name) => name.normalize('NFC')).sort(),
    );
    expect(await source.sync()).toMatchObject({ counts: { unchanged: names.length, fetched: 0 } });
    const path = `/v1/memory/collections/${encodeURIComponent(source.collection)}/search`;
    const body = { query: 'odd name', mode: 'text', limit: 50 };
    expect((await bench.app.request('POST', path, { body })).body).toHaveLength(names.length);
    write('ordinary.md', 'One that stays: losing all of them would be held.');
    for (const name of names) rmSync(join(editor.path, name));
    expect(await source.sync()).toMatchObject({ counts: { deleted: names.length } });
  });

  it('of two names that are the same in NFC one is a failure, until it has another', async () => {
    const fine = surround();
    write('\u00e9.md', 'The text of the composed name.');
    write('e\u0301.md', 'The text of the decomposed name.');
    for (let time = 1; time <= 2; time += 1) {
      expect(await source.settled(await source.ask())).toMatchObject({ status: 'partial' });
      expect([...(await source.visible())].sort()).toEqual([...fine, '\u00e9.md'].sort());
      expect(await failures()).toEqual([
        { id: 'e\u0301.md', stage: 'list', code: 'duplicate_name' },
      ]);
    }
    renameSync(join(editor.path, 'e\u0301.md'), join(editor.path, 'other.md'));
    expect(await source.sync()).toMatchObject({ status: 'success', counts: { created: 1 } });
    expect(await textOf('other.md')).toContain('decomposed');
    expect(await failures()).toEqual([]);
  });

  it('names that are no Unicode are a failure, however many look the same', async () => {
    const fine = surround();
    const folder = Buffer.from(`${editor.path}/`);
    for (const byte of [0xff, 0xfe, 0x80])
      writeFileSync(Buffer.concat([folder, Buffer.from([0x6d, byte]), Buffer.from('.md')]), 'x');
    const run = await source.settled(await source.ask());
    expect(run.status).toBe('partial');
    expect([...(await source.visible())].sort()).toEqual(fine.sort());
    expect(await failures()).toEqual([
      { id: 'm\ufffd.md', stage: 'list', code: 'invalid_file_name' },
    ]);
  });

  it('titles inside of files that cannot be stored as they are spoil nothing', async () => {
    surround();
    const cut = `${'x'.repeat(199)}\u{1f680} and more`;
    write('m1.html', `<title>${cut}</title><p>The first odd title.`);
    write('m2.docx', docx({ title: cut, body: paragraph('The second odd title.') }));
    write('m3.pdf', pdf({ title: 'Zero\\000byte', pages: [[{ text: 'Third title', y: 700 }]] }));
    write('m4.md', `# ${cut}\n\nThe fourth odd title.`);
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success', error: null, counts: { failed: 0 } });
    const visible = await source.visible();
    for (const name of ['m1.html', 'm2.docx', 'm3.pdf', 'm4.md']) expect(visible).toContain(name);
  });

  it('a folder that vanishes in mid-sync costs what was in it and nothing else', async () => {
    const fine = surround();
    for (let n = 0; n < 3 * PAGE_FILES; n += 1) write(`gone/${n}.md`, `Text ${n}.`);
    write('kept/a.md', 'This one stays.');
    await source.sync();
    bench.hooks = {
      beforePage({ partition, page }) {
        if (partition === 'gone' && page === 2)
          renameSync(join(editor.path, 'gone'), join(editor.root, 'elsewhere'));
      },
    };
    const cut = await source.sync();
    expect(cut).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    const { body } = await bench.app.request('GET', `/v1/memory/runs/${cut.id}`);
    const partitions = body.partitions as { complete: boolean }[];
    expect(partitions.filter(({ complete }) => !complete)).toEqual([
      expect.objectContaining({
        key: 'gone',
        gap_reason: 'gone: the folder vanished during the listing',
      }),
    ]);
    bench.hooks = {};
    renameSync(join(editor.root, 'elsewhere'), join(editor.path, 'gone'));
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success', counts: { deleted: 0, embedded: 0 } });
    expect((await source.visible()).size).toBe(fine.length + 3 * PAGE_FILES + 1);
  });

  it('the connection folder that vanishes in mid-sync pauses it with the reason', async () => {
    surround();
    write('kept/a.md', 'This one stays.');
    await source.sync();
    bench.hooks = {
      beforePage: async ({ page }) => {
        if (page === 2) await editor.loseAccount();
      },
    };
    const run = await source.sync().catch(() => undefined);
    expect(run).toBeUndefined();
    const shown = await source.get();
    expect(shown).toMatchObject({ status: 'paused', last_run: { status: 'error' } });
    const ended = await source.run(shown.last_run.id as string);
    expect(ended.error_detail).toMatchObject({ code: 'folder_missing', retryable: false });
    expect(shown.status_reason).toContain(editor.path);
    expect((await source.visible()).size).toBe(2 * PAGE_FILES + 1);
  });
});
