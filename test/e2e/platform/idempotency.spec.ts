import { Body, Controller, Delete, HttpException, Module, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../../../src/auth/access.js';
import { IdempotencyService } from '../../../src/common/http/idempotency/idempotency.service.js';
import { Operation } from '../../../src/common/http/operation.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

const Count = z.object({ calls: z.int() });
const DAY_MS = 24 * 3600_000;

/** Counts how often a handler really ran. */
const state = { calls: 0, hold: Promise.resolve(), entered: () => {}, failWith: 0 };

@ApiTags('test')
@Controller('test/writes')
class WritesController {
  @Post()
  @Scopes('memory:write')
  @Operation({ id: 'testWrite', summary: 'Write', status: 201, answer: Count })
  async write(@Body() _body: unknown) {
    state.calls += 1;
    state.entered();
    await state.hold;
    if (state.failWith) throw new HttpException('failing', state.failWith);
    return { calls: state.calls };
  }

  @Patch()
  @Scopes('memory:write')
  @Operation({ id: 'testPatch', summary: 'Change', answer: Count })
  patch() {
    return { calls: (state.calls += 1) };
  }

  @Delete()
  @Scopes('memory:write')
  @Operation({ id: 'testDelete', summary: 'Delete', answer: Count })
  delete(@Body({ schema: z.object({ which: z.string() }) }) _body: { which: string }) {
    return { calls: (state.calls += 1) };
  }
}

@Module({ controllers: [WritesController] })
class WritesModule {}

describe('Idempotency-Key', () => {
  let app: TestApp;
  const clock = new ShiftedClock();
  beforeAll(async () => {
    app = await startApp({ clock, modules: [WritesModule] });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    Object.assign(state, { calls: 0, hold: Promise.resolve(), entered: () => {}, failWith: 0 });
  });

  let used = 0;
  const freshKey = () => `key-${(used += 1)}`;
  const write = (id: string, body: unknown = { a: 1 }, method = 'POST', key = app.apiKey) =>
    app.request(method, '/test/writes', {
      key,
      body,
      headers: { 'idempotency-key': id },
      allow500: true,
    });

  it.each(['POST', 'PATCH', 'DELETE'])('replays a %s with status and body', async (method) => {
    const id = freshKey();
    const body = { which: 'one' };
    const first = await write(id, body, method);
    const second = await write(id, body, method);
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(state.calls).toBe(1);
  });

  it('without it, a request is done each time', async () => {
    await app.request('POST', '/test/writes', { body: {} });
    await app.request('POST', '/test/writes', { body: {} });
    expect(state.calls).toBe(2);
  });

  it('used for another body, method or URL answers idempotency_mismatch', async () => {
    const id = freshKey();
    await write(id, { a: 1 });
    for (const other of [await write(id, { a: 2 }), await write(id, { a: 1 }, 'PATCH')]) {
      expect([other.status, other.body.code]).toEqual([422, 'idempotency_mismatch']);
    }
    expect(state.calls).toBe(1);
  });

  it('of a request that still runs answers idempotency_in_progress', async () => {
    const id = freshKey();
    let release = () => {};
    state.hold = new Promise((resolve) => (release = resolve));
    const entered = new Promise<void>((resolve) => (state.entered = resolve));
    const first = write(id);
    await entered;
    const second = await write(id);
    expect([second.status, second.body.code]).toEqual([409, 'idempotency_in_progress']);
    expect(second.headers.get('retry-after')).toBe('1');
    release();
    expect((await first).status).toBe(201);
    expect((await write(id)).headers.get('idempotency-replayed')).toBe('true');
    expect(state.calls).toBe(1);
  });

  it('is free again when the process that held it died', async () => {
    const id = freshKey();
    let release = () => {};
    state.hold = new Promise((resolve) => (release = resolve));
    const entered = new Promise<void>((resolve) => (state.entered = resolve));
    const idempotency = app.nest.get(IdempotencyService, { strict: false });
    const alive = jest.spyOn(idempotency, 'renew').mockResolvedValue();
    const lost = write(id);
    await entered;
    clock.advance(31_000);
    state.entered = () => release();
    const retried = await write(id);
    expect([retried.status, retried.body]).toEqual([201, { calls: 2 }]);
    await lost;
    alive.mockRestore();
  });

  it('is free again when the one process of an embedded database starts anew', async () => {
    const embedded = await startApp({ modules: [WritesModule], embedded: true });
    try {
      const ask = () =>
        embedded.request('POST', '/test/writes', {
          body: { a: 1 },
          headers: { 'idempotency-key': 'left' },
        });
      let release = () => {};
      state.hold = new Promise((resolve) => (release = resolve));
      const entered = new Promise<void>((resolve) => (state.entered = resolve));
      const lost = ask();
      await entered;
      expect((await ask()).status).toBe(409);
      await embedded.nest.get(IdempotencyService, { strict: false }).onApplicationBootstrap();
      state.entered = () => release();
      expect([(await ask()).status, state.calls]).toEqual([201, 2]);
      await lost;
    } finally {
      await embedded.close();
    }
  });

  it('is free again after a failure of the server', async () => {
    const id = freshKey();
    state.failWith = 500;
    expect((await write(id)).status).toBe(500);
    state.failWith = 0;
    const retried = await write(id);
    expect([retried.status, retried.headers.has('idempotency-replayed')]).toEqual([201, false]);
  });

  it('replays refusals, with the request id of the moment', async () => {
    const id = freshKey();
    const wrong = { which: 7 };
    const first = await write(id, wrong, 'DELETE');
    const second = await write(id, wrong, 'DELETE');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect([second.status, second.body.detail]).toEqual([422, first.body.detail]);
    expect(second.body.request_id).toBe(second.headers.get('x-request-id'));
  });

  it('holds for a day', async () => {
    const id = freshKey();
    await write(id);
    clock.advance(DAY_MS - 600_000);
    expect((await write(id)).headers.has('idempotency-replayed')).toBe(true);
    clock.advance(1_200_000);
    expect((await write(id)).headers.has('idempotency-replayed')).toBe(false);
  });

  it('is of one tenant: another tenant does its own request', async () => {
    const id = freshKey();
    const other = await app.newTenant();
    await write(id);
    const theirs = await write(id, { a: 1 }, 'POST', other.apiKey);
    expect(theirs.headers.has('idempotency-replayed')).toBe(false);
    expect(state.calls).toBe(2);
  });

  it.each(['', 'x'.repeat(256), 'two words'])('is refused when it is %j', async (id) => {
    const answer = await write(id);
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
    expect(answer.body.detail[0].loc).toEqual(['header', 'idempotency-key']);
  });

  it('keeps no copy of a secret: a repeat creates nothing and says why', async () => {
    const request = () =>
      app.request('POST', '/v1/memory/api-keys', {
        body: { name: 'once' },
        headers: { 'idempotency-key': 'secret-1' },
      });
    expect((await request()).status).toBe(201);
    const repeat = await request();
    expect([repeat.status, repeat.body.code]).toEqual([409, 'idempotency_not_replayable']);
    const list = await app.request('GET', '/v1/memory/api-keys');
    const named = list.body.filter((row: { name: string }) => row.name === 'once');
    expect(named).toHaveLength(1);
  });
});
