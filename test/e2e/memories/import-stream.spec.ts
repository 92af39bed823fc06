import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { AppError } from '../../../src/common/errors/app-error.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { EMBEDDER, type Embedder } from '../../../src/inference/embedder.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import type { Answer } from '../../support/http-request.js';

const IMPORT = '/v1/memory/admin/import';
const MEGABYTE = 1024 * 1024;

interface Memory {
  text: string;
  [field: string]: unknown;
}

describe('a streamed import', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const newKey = async () => (await app.newTenant()).apiKey;
  const imported = (key: string, body: unknown, headers?: Record<string, string>) =>
    app.request('POST', IMPORT, { key, body, headers });
  const exported = (key: string) => app.request('GET', '/v1/memory/admin/export', { key });
  const texts = async (key: string): Promise<string[]> =>
    (await exported(key)).body.memories.map(({ text }: Memory) => text).toSorted();
  const statusAndCode = ({ status, body }: Pick<Answer, 'status' | 'body'>) => [status, body.code];

  /** More than fit into one batch, none like another. */
  const some = (count: number): Memory[] =>
    Array.from({ length: count }, (_, n) => ({
      text: `Größe "${n}" \\ 😀\n{[${'x'.repeat(n % 50)}`,
      metadata: { n, deep: [{ 'ключ]}': ['"', null] }] },
      container_tag: n % 3 ? 'ann' : null,
      pinned: n % 7 === 0,
    }));

  /** Sends the parts one by one. */
  function inParts(key: string, parts: Buffer[]) {
    return new Promise<Pick<Answer, 'status' | 'body'>>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}` };
      const sending = request(app.url + IMPORT, { method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString());
          resolve({ status: response.statusCode!, body });
        });
      });
      sending.on('error', reject);
      sendFrom(0);
      function sendFrom(at: number): void {
        if (at === parts.length) sending.end();
        else sending.write(parts[at]!, () => sendFrom(at + 1));
      }
    });
  }

  /** Runs the work when the third batch of an import is embedded; gives what undoes that. */
  function beforeThirdBatch(work: () => void): () => void {
    const embedder = app.nest.get<Embedder>(EMBEDDER, { strict: false });
    const embed = embedder.embed.bind(embedder);
    let calls = 0;
    const spy = jest.spyOn(embedder, 'embed').mockImplementation(async (...given) => {
      calls++;
      if (calls === 3) work();
      return embed(...given);
    });
    return () => spy.mockRestore();
  }

  function cut(bytes: Buffer, size: number): Buffer[] {
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
  }

  it('takes an export that comes in pieces of any size, and gives the same export again', async () => {
    const [from, to] = [await newKey(), await newKey()];
    await imported(from, { memories: some(350), collections: [{ name: 'empty one' }] });
    const first = await exported(from);
    const answer = await inParts(to, cut(Buffer.from(first.text), 997));
    expect(answer.body).toMatchObject({ imported: 350, skipped: 0 });
    const second = await exported(to);
    const kept = ({ body }: Answer) =>
      body.memories
        .map(({ id: _id, updated_at: _updated, ...rest }: Memory) => JSON.stringify(rest))
        .toSorted();
    expect(kept(second)).toEqual(kept(first));
    const names = second.body.collections.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['default', 'empty one']);
  });

  it('reads fields in any order', async () => {
    const [one, two] = [await newKey(), await newKey()];
    const memories = [{ text: 'a', collection: 'x' }, { text: 'b' }];
    const answer = await imported(one, { other: [1, {}], memories, into_collection: 'all' });
    expect(answer.body).toMatchObject({ imported: 2, collections: ['all'] });
    await imported(two, { memories, collections: [{ name: 'x', description: 'Described' }, 'y'] });
    const { collections } = (await exported(two)).body;
    expect(collections).toMatchObject([
      { name: 'default' },
      { name: 'x', description: 'Described' },
      { name: 'y' },
    ]);
  });

  it('skips a memory in the middle that is not usable, and names its place', async () => {
    const key = await newKey();
    const memories: unknown[] = some(300);
    memories[250] = { text: 'late', created_at: 'yesterday' };
    const answer = await imported(key, { memories });
    expect(answer.body).toMatchObject({
      imported: 299,
      reasons: { invalid: 1 },
      issues: [{ index: 250, reason: expect.stringMatching(/^created_at: /) }],
    });
  });

  it('stores nothing of a body that is wrong anywhere', async () => {
    const key = await newKey();
    const memories = some(300);
    memories[250] = { text: 'fine', metadata: { deep: ['a\0b'] } };
    const broken = await imported(key, { memories });
    expect(statusAndCode(broken)).toEqual([422, 'validation_failed']);
    expect(broken.body.detail).toEqual([
      {
        loc: ['body', 'memories', 250, 'metadata', 'deep', 0],
        msg: expect.any(String),
        type: 'string_unicode',
      },
    ]);
    const whole = JSON.stringify({ memories: some(300) });
    const bodies: [string | Buffer, string][] = [
      [whole.slice(0, -10), 'bad_json'],
      [whole.replace('"Größe \\"250', '"\\x'), 'bad_json'],
      [Buffer.from(whole, 'latin1'), 'bad_json'],
      [`${whole} {}`, 'bad_json'],
    ];
    for (const [body, code] of bodies) {
      expect(statusAndCode(await imported(key, body))).toEqual([400, code]);
    }
    expect((await exported(key)).body).toMatchObject({ collections: [], memories: [] });
  });

  it.each([
    ['an empty body', '', ['body', 'memories'], 'missing'],
    ['a bare array', '[]', ['body'], 'object_type'],
    ['no list of memories', '{"memories":{}}', ['body', 'memories'], 'array_type'],
    ['a repeated field', '{"memories":[],"memories":[]}', ['body', 'memories'], 'value_error'],
    [
      'a wrong target',
      '{"memories":[],"into_collection":7}',
      ['body', 'into_collection'],
      'string_type',
    ],
    [
      'a wrong collection',
      '{"memories":[],"collections":["a","/"]}',
      ['body', 'collections', 1],
      'string_pattern_mismatch',
    ],
    ['NUL anywhere', '{"memories":[],"x":"\\u0000"}', ['body', 'x'], 'string_unicode'],
    [
      'a memory above 8 MB',
      `{"memories":[1,"${'x'.repeat(8 * MEGABYTE)}"]}`,
      ['body', 'memories', 1],
      'too_long',
    ],
  ])('refuses %s', async (_, body, loc, type) => {
    const answer = await imported(app.apiKey, body);
    expect(statusAndCode(answer)).toEqual([422, 'validation_failed']);
    expect(answer.body.detail).toEqual([{ loc, msg: expect.any(String), type }]);
  });

  it('reads gzip and counts it unpacked, and no other encoding', async () => {
    const key = await newKey();
    const gzip = { 'content-encoding': 'gzip' };
    const zipped = gzipSync(JSON.stringify({ memories: some(3) }));
    expect((await imported(key, zipped, gzip)).body).toMatchObject({ imported: 3 });
    const bomb = gzipSync(Buffer.alloc(100 * MEGABYTE + 1, ' '));
    expect(statusAndCode(await imported(key, bomb, gzip))).toEqual([413, 'body_too_large']);
    const plain = await imported(key, '{}', gzip);
    expect(statusAndCode(plain)).toEqual([400, 'bad_request']);
    const other = await imported(key, '{}', { 'content-encoding': 'br' });
    expect(statusAndCode(other)).toEqual([415, 'unsupported_encoding']);
  });

  it('keeps what it stored before the embedder failed, and a repeat adds the rest', async () => {
    const key = await newKey();
    const memories = some(300);
    const restore = beforeThirdBatch(() => {
      throw new AppError('embedder_unavailable', 'It is down.');
    });
    const failed = await imported(key, { memories });
    restore();
    expect(statusAndCode(failed)).toEqual([503, 'embedder_unavailable']);
    const stored = (await texts(key)).length;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(300);
    const repeated = await imported(key, { memories });
    expect(repeated.body).toMatchObject({ imported: 300 - stored, skipped: stored });
    expect(await texts(key)).toEqual(memories.map(({ text }) => text).toSorted());
  });

  it('stores everything once when it comes twice at the same time', async () => {
    const key = await newKey();
    const memories = some(250);
    const answers = await Promise.all([imported(key, { memories }), imported(key, { memories })]);
    expect(answers.map(({ body }) => body.imported).toSorted()).toEqual([0, 250]);
    expect(await texts(key)).toHaveLength(250);
  });

  it('is described with its limits and with what stays after an error', async () => {
    const document = (await app.request('GET', '/openapi.json', { key: null })).body;
    const { requestBody, description } = document.paths[IMPORT].post;
    expect(requestBody).toMatchObject({
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/ImportMemories' } } },
    });
    expect(document.components.schemas.ImportMemories).toMatchObject({ required: ['memories'] });
    expect(description).toMatch(/100 MB[^]*8 MB[^]*nothing is imported[^]*until then stays/);
  });

  // The last one, since this server takes no request afterwards.
  it('ends with shutting_down when the server stops', async () => {
    const key = await newKey();
    beforeThirdBatch(() => app.nest.get(Lifecycle).stop());
    const answer = await imported(key, { memories: some(1000) });
    expect(statusAndCode(answer)).toEqual([503, 'shutting_down']);
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});
