import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public, Scopes } from '../../../src/auth/access.js';
import { BodyLimit, BULK_BODY } from '../../../src/common/http/body.interceptor.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { Operation } from '../../../src/common/http/operation.js';
import { startApp, type TestApp } from '../../support/http-app.js';

const Size = z.object({ size: z.int() });

@ApiTags('test')
@Controller('test')
class ProbeController {
  @Get('crash')
  @Public()
  @Operation({ id: 'crash', summary: 'Fail', answer: Size })
  crash(): never {
    throw new Error('password=hunter2');
  }

  @Post('bulk')
  @Scopes('memory:read')
  @BodyLimit(BULK_BODY)
  @Operation({ id: 'bulk', summary: 'Take a large body', answer: Size })
  bulk(@Body({ schema: z.object({ text: z.string() }) }) body: { text: string }) {
    return { size: body.text.length };
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

describe('errors', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ modules: [ProbeModule] });
  });
  afterAll(() => app.close());

  const collections = '/v1/memory/collections';
  const post = (body: unknown, headers?: Record<string, string>) =>
    app.request('POST', collections, { body, headers });

  it('have detail, code and request id', async () => {
    const { status, body, headers } = await app.request('GET', '/v1/nothing-here');
    expect(status).toBe(404);
    expect(body).toEqual({
      detail: expect.any(String),
      code: 'not_found',
      request_id: headers.get('x-request-id'),
    });
  });

  it('take the request id of the caller unless it could forge a log line', async () => {
    const mine = await app.request('GET', '/healthz', { headers: { 'x-request-id': 'trace-1' } });
    expect(mine.headers.get('x-request-id')).toBe('trace-1');
    const bad = await app.request('GET', '/healthz', { headers: { 'x-request-id': 'a "b"' } });
    expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['cut off', '{"name": '],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('answer bad_json for a body that is %s', async (_, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_json']);
  });

  it('answer bad_request for a URL that cannot be decoded', async () => {
    const answer = await app.request('GET', `${collections}/%ff`);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
  });

  it('answer bad_request for a body that is not what its encoding says', async () => {
    const answer = await post('not gzip', { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
  });

  it('answer unsupported_encoding for other encodings than gzip', async () => {
    const answer = await post('{}', { 'content-encoding': 'br' });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_encoding']);
  });

  it('read gzipped bodies, and count them unpacked', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const small = await post(gzipSync(JSON.stringify({ name: 'zipped' })), headers);
    expect(small.status).toBe(201);
    const bomb = await post(gzipSync(' '.repeat(2_000_000)), headers);
    expect([bomb.status, bomb.body.code]).toEqual([413, 'body_too_large']);
  });

  it('answer body_too_large above 1 MB, and above 8 MB on bulk routes', async () => {
    const text = (bytes: number) => ({ text: 'x'.repeat(bytes) });
    const megabyte = 1024 * 1024;
    const ordinary = await post(text(megabyte));
    expect([ordinary.status, ordinary.body.code]).toEqual([413, 'body_too_large']);
    const bulk = await app.request('POST', '/test/bulk', { body: text(7 * megabyte) });
    expect(bulk.body).toEqual({ size: 7 * megabyte });
    const tooMuch = await app.request('POST', '/test/bulk', { body: text(8 * megabyte) });
    expect([tooMuch.status, tooMuch.body.code]).toEqual([413, 'body_too_large']);
  });

  it('list what is wrong with a body as FastAPI does', async () => {
    const { status, body } = await post({ name: 7, metadata: [] });
    expect(status).toBe(422);
    expect(body.code).toBe('validation_failed');
    expect(body.detail).toEqual([
      { loc: ['body', 'name'], msg: expect.any(String), type: 'string_type' },
      { loc: ['body', 'metadata'], msg: expect.any(String), type: 'record_type' },
    ]);
  });

  it('name missing fields, of an absent body too', async () => {
    const { status, body } = await app.request('POST', collections);
    expect(status).toBe(422);
    expect(body.detail).toEqual([
      { loc: ['body', 'name'], msg: 'Field required', type: 'missing' },
    ]);
  });

  it('tell queries and path parameters from bodies', async () => {
    const query = await app.request('GET', `${collections}?limit=0`);
    expect(query.body.detail[0].loc).toEqual(['query', 'limit']);
    const empty = await app.request('GET', `${collections}?limit=`);
    expect(empty.status).toBe(422);
    const path = await app.request('DELETE', '/v1/memory/api-keys/not-a-uuid');
    expect(path.body.detail[0]).toMatchObject({ loc: ['path', 'id'], type: 'uuid_parsing' });
  });

  it.each([
    ['NUL', { name: 'x', metadata: { deep: [{ a: 'a\0b' }] } }],
    ['NUL in a key', { name: 'x', metadata: { 'a\0b': 1 } }],
    ['half a surrogate pair', '{"name":"x","description":"\\ud800"}'],
  ])('refuse text with %s, which PostgreSQL cannot keep', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].type).toBe('string_unicode');
  });

  it.each([
    ['a number that is no number', '{"name":"x","metadata":{"a":1e400}}', 'finite_number'],
    ['a key that is lost', '{"name":"x","metadata":{"__proto__":{"a":1}}}', 'value_error'],
  ])('refuse %s instead of storing something else', async (_, body, type) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].type).toBe(type);
  });

  it('refuse nesting without end', async () => {
    const answer = await post(
      `{"name":"x","metadata":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
    );
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
  });

  it('never show what an unexpected failure was, but log it with the request id', async () => {
    const { status, body, text } = await app.request('GET', '/test/crash', { allow500: true });
    expect([status, body.code]).toEqual([500, 'internal_error']);
    expect(text).not.toContain('hunter2');
    const line = app.logs.find((entry) => entry.includes('hunter2'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'error',
      request_id: body.request_id,
      err: { stack: expect.stringContaining('ProbeController') },
    });
  });

  it('answer shutting_down once the server stops, while probes still answer', async () => {
    const stopping = await startApp();
    stopping.nest.get(Lifecycle).stop();
    const answer = await stopping.request('GET', collections);
    expect([answer.status, answer.body.code]).toEqual([503, 'shutting_down']);
    expect(answer.headers.get('retry-after')).toBe('5');
    const alive = await stopping.request('GET', '/healthz');
    const ready = await stopping.request('GET', '/readyz');
    expect([alive.status, ready.status, ready.body.code]).toEqual([200, 503, 'shutting_down']);
    await stopping.close();
  });
});
