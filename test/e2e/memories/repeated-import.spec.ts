import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { AppError } from '../../../src/common/errors/app-error.js';
import { SpoolFile } from '../../../src/common/http/spool-file.js';
import { EMBEDDER, type Embedder } from '../../../src/inference/embedder.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import type { Answer } from '../../support/http-request.js';

const IMPORT = '/v1/memory/admin/import';
const REPEATED = 'idempotency-replayed';

describe('an import with an Idempotency-Key', () => {
  let app: TestApp;
  let key: string;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    key = (await app.newTenant()).apiKey;
  });

  const bodyOf = (...texts: string[]) =>
    JSON.stringify({ memories: texts.map((text) => ({ text })) });
  const imported = (body: string | Buffer, headers?: Record<string, string>) =>
    app.request('POST', IMPORT, { key, body, headers: { 'idempotency-key': 'once', ...headers } });
  const statusAndCode = ({ status, body }: Pick<Answer, 'status' | 'body'>) => [status, body.code];
  const texts = async (): Promise<string[]> => {
    const { body } = await app.request('GET', '/v1/memory/admin/export', { key });
    return body.memories.map(({ text }: { text: string }) => text).toSorted();
  };

  /** Without a Content-Length. */
  function chunked(body: string) {
    return new Promise<Pick<Answer, 'status' | 'body'>>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'once' };
      const sending = request(app.url + IMPORT, { method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const answer = JSON.parse(Buffer.concat(chunks).toString());
          resolve({ status: response.statusCode!, body: answer });
        });
      });
      sending.on('error', reject);
      sending.write(body.slice(0, 7), () => sending.end(body.slice(7)));
    });
  }

  it('is answered from the first time when the same body comes again, in whatever form', async () => {
    const first = await imported(bodyOf('tea', 'coffee'));
    expect(first).toMatchObject({ status: 200, body: { imported: 2 } });
    expect(first.headers.has(REPEATED)).toBe(false);
    const again = await imported(bodyOf('tea', 'coffee'));
    expect(again.headers.get(REPEATED)).toBe('true');
    expect([again.status, again.body]).toEqual([200, first.body]);
    const zipped = gzipSync(bodyOf('tea', 'coffee'));
    expect((await imported(zipped, { 'content-encoding': 'gzip' })).body).toEqual(first.body);
    expect((await chunked(bodyOf('tea', 'coffee'))).body).toEqual(first.body);
    expect(await texts()).toEqual(['coffee', 'tea']);
  });

  it('is refused with another body, of the same length or without a length', async () => {
    await imported(bodyOf('first'));
    expect(statusAndCode(await imported(bodyOf('other')))).toEqual([422, 'idempotency_mismatch']);
    expect(statusAndCode(await chunked(bodyOf('third')))).toEqual([422, 'idempotency_mismatch']);
    expect(await texts()).toEqual(['first']);
  });

  it('tells bodies apart that never had a length', async () => {
    expect(await chunked(bodyOf('first'))).toMatchObject({ status: 200, body: { imported: 1 } });
    const other = await chunked(bodyOf('quite another'));
    expect(statusAndCode(other)).toEqual([422, 'idempotency_mismatch']);
  });

  it('is refused while the first one runs', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const embedder = app.nest.get<Embedder>(EMBEDDER, { strict: false });
    const spy = jest.spyOn(embedder, 'embed');
    spy.mockImplementationOnce(async () => {
      begin();
      await held;
      throw new AppError('embedder_unavailable', 'It is down.');
    });
    const first = imported(bodyOf('tea'));
    await begun;
    const second = await imported(bodyOf('tea'));
    const other = await imported(bodyOf('nut'));
    release();
    expect(statusAndCode(second)).toEqual([409, 'idempotency_in_progress']);
    expect(statusAndCode(other)).toEqual([422, 'idempotency_mismatch']);
    expect(statusAndCode(await first)).toEqual([503, 'embedder_unavailable']);
    spy.mockRestore();
    expect((await imported(bodyOf('tea'))).body).toMatchObject({ imported: 1 });
  });

  it('is answered alike when the body was refused', async () => {
    const first = await imported('{"memories": 1}');
    expect(statusAndCode(first)).toEqual([422, 'validation_failed']);
    const again = await imported('{"memories": 1}');
    expect(again.body.detail).toEqual(first.body.detail);
    expect(again.headers.get(REPEATED)).toBe('true');
    expect(statusAndCode(await imported('{"memories":[]}'))).toEqual([422, 'idempotency_mismatch']);
  });

  it('keeps no temporary file open', async () => {
    const removed = jest.spyOn(SpoolFile.prototype, 'remove');
    await imported(bodyOf('tea'));
    await imported(bodyOf('tea'));
    await imported(bodyOf('nut'));
    expect(removed).toHaveBeenCalledTimes(3);
    removed.mockRestore();
  });
});
