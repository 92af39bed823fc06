import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { compiled } from '../common/compiled.js';
import { ExtractionError } from './extractor.js';
import { MAX_INPUT_BYTES } from './limits.js';
import { PooledExtractor, type PooledExtractorOptions } from './pooled-extractor.js';
import { docx, paragraph, pdf, withClaimedSize, zip } from './sample-files.contract.js';

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const PAGE = Buffer.from('<p>any page</p>');
/** Busy machines are slow. */
const TIMEOUT_MS = 240_000;

const folder = mkdtempSync(join(tmpdir(), 'extract-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open: PooledExtractor[] = [];
afterEach(() => Promise.all(open.splice(0).map((extractor) => extractor.close())));

function extractor(options: PooledExtractorOptions = {}): PooledExtractor {
  const made = new PooledExtractor({ timeoutMs: TIMEOUT_MS, ...options });
  open.push(made);
  return made;
}

/** A child that behaves as the body says when it gets a job; `answer(text)` ends the job well. */
function child(name: string, body: string): string {
  const path = join(folder, `${name}.cjs`);
  writeFileSync(
    path,
    `let jobs = 0;
     const answer = (text) => process.send({ type: 'text', result: { text: String(text) } });
     process.on('disconnect', () => process.exit());
     process.on('message', (job) => { jobs++; ${body} });
     process.send({ type: 'ready' });`,
  );
  return path;
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('PooledExtractor', () => {
  it('reads small text files without a child and others in one', async () => {
    const reader = extractor();
    expect((await reader.extract(Buffer.from('# Hi'), 'text/markdown')).title).toBe('Hi');
    expect(reader.childrenStarted).toBe(0);
    expect((await reader.extract(Buffer.from('<b>Hi</b>'), 'text/html')).text).toBe('**Hi**');
    const long = Buffer.alloc(2_000_000, 'word ');
    expect((await reader.extract(long, 'text/plain')).text).toHaveLength(1_999_999);
    expect(reader.childrenStarted).toBe(1);
  });

  it('reads a batch with two children at most', async () => {
    const reader = extractor();
    const files = Array.from({ length: 20 }, (_, i) => docx({ body: paragraph(`Number ${i}`) }));
    const results = await Promise.all(files.map((file) => reader.extract(file, WORD)));
    expect(results.map(({ text }) => text)).toEqual(files.map((_file, i) => `Number ${i}`));
    expect(reader.childrenStarted).toBeLessThanOrEqual(2);
  });

  it('kills a child that hangs, and reads the next file in another', async () => {
    const childPath = child('hang', "if (job.size === 1) for (;;); answer('fine');");
    const reader = extractor({ childPath, size: 1 });
    const { setTimeout: start } = globalThis;
    let limits = 0;
    // The time of the first file is over at once, that of the second is not.
    const timers = jest.spyOn(globalThis, 'setTimeout').mockImplementation((end, ms) => {
      const isFirst = ms === TIMEOUT_MS && (limits += 1) === 1;
      return start(end, isFirst ? 1 : ms);
    });
    await expect(reader.extract(Buffer.from('x'), 'text/html')).rejects.toMatchObject({
      code: 'timeout',
    });
    expect((await reader.extract(PAGE, 'text/html')).text).toBe('fine');
    expect(reader.childrenStarted).toBe(2);
    timers.mockRestore();
  });

  it('kills a child that takes too much memory outside of its heap', async () => {
    const body = 'global.hog = Buffer.alloc(400 * 1024 * 1024, 1); setInterval(() => {}, 1000);';
    const reader = extractor({ childPath: child('hog', body) });
    await expect(reader.extract(PAGE, 'text/html')).rejects.toMatchObject({ code: 'memory_limit' });
  });

  it('survives a child whose heap is full', async () => {
    const body = 'const all = []; for (;;) all.push(new Array(5000).fill(jobs));';
    const reader = extractor({ childPath: child('heap', body), maxResidentBytes: 2 ** 40 });
    await expect(reader.extract(PAGE, 'text/html')).rejects.toMatchObject({ code: 'memory_limit' });
  });

  it('names the limit when a real file needs too much memory', async () => {
    const bomb = docx({ body: '<w:p a="1" b="2" c="3"/>'.repeat(600_000) });
    await expect(extractor().extract(bomb, WORD)).rejects.toMatchObject({ code: 'memory_limit' });
  });

  it.each([
    ['exits', 'process.exit(3);'],
    ['is killed', "process.kill(process.pid, 'SIGSEGV');"],
    ['throws', "throw new Error('bug');"],
  ])('calls a file corrupt whose child %s', async (name, body) => {
    const reader = extractor({ childPath: child(name.replace(' ', '-'), body) });
    await expect(reader.extract(PAGE, 'text/html')).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('does not blame a file for what the files before left behind', async () => {
    const childPath = child('leftover', "if (jobs === 2) process.exit(1); answer('fine');");
    const reader = extractor({ childPath, size: 1 });
    await reader.extract(PAGE, 'text/html');
    expect((await reader.extract(PAGE, 'text/html')).text).toBe('fine');
    expect(reader.childrenStarted).toBe(2);
  });

  it('does not blame a file for a child that cannot start', async () => {
    const childPath = join(folder, 'missing.cjs');
    const failed = extractor({ childPath }).extract(PAGE, 'text/html');
    await expect(failed).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('hands nothing of its environment to a child', async () => {
    process.env.TRIBUTARY_TEST_SECRET = 'planted';
    const childPath = child('environment', 'answer(JSON.stringify(process.env));');
    const { text } = await extractor({ childPath }).extract(PAGE, 'text/html');
    delete process.env.TRIBUTARY_TEST_SECRET;
    expect(text).not.toContain('planted');
    expect(Object.keys(JSON.parse(text)).filter((key) => !key.startsWith('NODE_'))).toEqual(['TZ']);
  });

  it('stops at once when it is aborted, running or waiting', async () => {
    const childPath = child('slow', 'setInterval(() => {}, 1000);');
    const reader = extractor({ childPath, size: 1 });
    const controller = new AbortController();
    const jobs = [1, 2].map(() => reader.extract(PAGE, 'text/html', undefined, controller.signal));
    const reason = new Error('enough');
    controller.abort(reason);
    jobs.push(reader.extract(PAGE, 'text/html', undefined, controller.signal));
    const rejected = { status: 'rejected', reason };
    expect(await Promise.allSettled(jobs)).toEqual([rejected, rejected, rejected]);
  });

  it('stops a job that has begun when it is aborted', async () => {
    const controller = new AbortController();
    const begun = join(folder, 'begun');
    const body = `require('fs').writeFileSync(${JSON.stringify(begun)}, ''); for (;;);`;
    const reader = extractor({ childPath: child('begun', body), size: 1 });
    const job = reader.extract(PAGE, 'text/html', undefined, controller.signal);
    while (!existsSync(begun)) await delay(5);
    controller.abort(new Error('enough'));
    await expect(job).rejects.toThrow('enough');
  });

  it('rejects what runs and waits when it is closed, and everything after', async () => {
    const childPath = child('closing', 'setInterval(() => {}, 1000);');
    const reader = extractor({ childPath, size: 1 });
    const jobs = [1, 2].map(() => reader.extract(PAGE, 'text/html'));
    const closing = reader.close();
    jobs.push(reader.extract(PAGE, 'text/html'));
    for (const { reason } of (await Promise.allSettled(jobs)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'shutting_down' });
    }
    await closing;
  });

  it('ends a child that has nothing to do', async () => {
    const childPath = child('pid', 'answer(process.pid);');
    const reader = extractor({ childPath, idleMs: 1 });
    const { text } = await reader.extract(PAGE, 'text/html');
    while (isRunning(Number(text))) await delay(5);
    await reader.extract(PAGE, 'text/html');
    expect(reader.childrenStarted).toBe(2);
  });

  it('does not keep the program alive', async () => {
    const module = compiled(import.meta.url, './pooled-extractor.js');
    const program = `
      const { PooledExtractor } = await import(${JSON.stringify(module)});
      const extractor = new PooledExtractor({ idleMs: 3600_000 });
      console.log((await extractor.extract(Buffer.from('<p>done</p>'), 'text/html')).text);`;
    const args = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 280_000 });
    expect(stdout.trim()).toBe('done');
  });

  it.each(['text/plain', 'text/markdown', 'text/csv', 'text/html', 'application/json', 'text/x-c'])(
    'takes a blank file of %s for one without text',
    async (mediaType) => {
      for (const blank of ['', ' \n\t\n', '\ufeff'])
        expect(await extractor().extract(Buffer.from(blank), mediaType)).toEqual({ text: '' });
    },
  );

  it.each([
    ['an empty PDF', new Uint8Array(), 'application/pdf', 'empty'],
    ['a PDF without text', pdf({ pages: [[]] }), 'application/pdf', 'empty'],
    ['a document without text', docx({ body: paragraph(' ') }), WORD, 'empty'],
    ['a file over the limit', new Uint8Array(MAX_INPUT_BYTES + 1), 'text/plain', 'too_large'],
    ['a type without a reader', Buffer.from('x'), 'image/webp', 'unsupported_media_type'],
    [
      'a zip bomb',
      zip({ 'word/document.xml': new Uint8Array(60_000_000) }),
      WORD,
      'expansion_limit',
    ],
    [
      'a zip bomb with a lying directory',
      withClaimedSize(zip({ 'word/document.xml': new Uint8Array(60_000_000) }), 5000),
      WORD,
      'expansion_limit',
    ],
    ['half a document', docx({ body: paragraph('x') }).subarray(0, 200), WORD, 'corrupt'],
    ['an encrypted PDF', pdf({ pages: [[]], encrypted: true }), 'application/pdf', 'encrypted'],
  ])('names what is wrong with %s', async (_name, bytes, mediaType, code) => {
    const failed: unknown = await extractor()
      .extract(bytes, mediaType)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ExtractionError);
    expect((failed as ExtractionError).code).toBe(code);
    expect((failed as ExtractionError).message).toMatch(/^[A-Z].*\.$/);
  });
});
