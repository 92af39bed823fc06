import { apiCall, readAnswer } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;
let channel: string;

beforeEach(async () => {
  simulator = await startSlackSimulator({ messages: 0, channels: 1 });
  channel = simulator.workspace.createChannel('desk').id;
  for (let i = 0; i < 6; i++) simulator.workspace.post(channel, `message ${i} with some text`);
});

afterEach(() => simulator.close());

const history = (params: Record<string, string> = {}): ReturnType<typeof apiCall> =>
  apiCall(simulator, 'conversations.history', { channel, ...params });

describe('injected faults', () => {
  it.each([500, 502, 503, 529])('answers %i once, as a page and not as JSON', async (status) => {
    simulator.faults.add({ do: status });
    const broken = await history();
    expect(broken.status).toBe(status);
    expect(broken.body['html']).toContain('Server Error');
    expect((await history()).body.ok).toBe(true);
    expect(simulator.log.requests[0]).toMatchObject({ status, fault: String(status) });
  });

  it('answers 429 with Retry-After, and keeps refusing until then', async () => {
    simulator.faults.add({ do: 429, retry_after: 20 });
    const limited = await history();
    expect(limited).toMatchObject({ status: 429, body: { ok: false, error: 'ratelimited' } });
    expect(limited.headers.get('retry-after')).toBe('20');
    simulator.advance(5_000);
    expect((await history()).headers.get('retry-after')).toBe('15');
    expect(simulator.violations).toMatchObject([{ kind: 'inside_retry_after' }]);
    simulator.advance(15_000);
    expect((await history()).status).toBe(200);
    expect(simulator.violations).toHaveLength(1);
  });

  it('can leave Retry-After out', async () => {
    simulator.faults.add({ do: 429, retry_after: null });
    expect((await history()).headers.has('retry-after')).toBe(false);
    expect((await history()).status).toBe(200);
  });

  it('drops the connection without an answer', async () => {
    simulator.faults.add({ do: 'drop' });
    await expect(history()).rejects.toThrow('fetch failed');
    expect(simulator.log.requests[0]!.status).toBeNull();
  });

  it('cuts the body short', async () => {
    simulator.faults.add({ do: 'truncate' });
    await expect(history()).rejects.toThrow();
    expect((await history()).body['messages']).toHaveLength(6);
  });

  it('hangs until the caller gives up', async () => {
    simulator.faults.add({ do: 'hang' });
    const caller = new AbortController();
    const answer = fetch(`${simulator.apiUrl}auth.test`, { signal: caller.signal });
    while (simulator.log.requests.length === 0) await new Promise(setImmediate);
    caller.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect((await history()).status).toBe(200);
  });

  it('closes although an answer hangs', async () => {
    simulator.faults.add({ do: 'hang' });
    const answer = history().catch((error: unknown) => error);
    while (simulator.log.requests.length === 0) await new Promise(setImmediate);
    await simulator.close();
    expect(String(await answer)).toContain('fetch failed');
  });

  it('answers slowly, but in full', async () => {
    simulator.faults.add({ do: 'slow', delay_ms: 30 });
    const started = performance.now();
    expect((await history()).body['messages']).toHaveLength(6);
    expect(performance.now() - started).toBeGreaterThanOrEqual(25);
  });

  it('answers HTML with status 200', async () => {
    simulator.faults.add({ do: 'html' });
    const page = await history();
    expect(page.status).toBe(200);
    expect(page.body['html']).toContain('<html>');
  });

  it('makes a cursor stale, on the call that brings one', async () => {
    simulator.faults.add({ do: 'stale_cursor' });
    const first = await history({ limit: '2' });
    const { next_cursor: cursor } = first.body['response_metadata'] as { next_cursor: string };
    expect((await history({ limit: '2', cursor })).body.error).toBe('invalid_cursor');
    expect((await history({ limit: '2', cursor })).body.ok).toBe(true);
  });

  it('answers short and empty pages that go on, as Slack may', async () => {
    simulator.faults.add({ do: 'short_page' });
    simulator.faults.add({ do: 'empty_page' });
    const texts: unknown[] = [];
    let cursor: string | undefined;
    const sizes: number[] = [];
    do {
      const { body } = await history({ limit: '4', ...(cursor && { cursor }) });
      const messages = body['messages'] as { text: string }[];
      sizes.push(messages.length);
      texts.push(...messages.map(({ text }) => text));
      cursor = (body['response_metadata'] as { next_cursor: string } | undefined)?.next_cursor;
    } while (cursor !== undefined);
    expect(sizes).toEqual([2, 0, 4]);
    expect(new Set(texts).size).toBe(6);
  });

  it.each(['internal_error', 'token_revoked', 'account_inactive', 'ratelimited'])(
    'answers Slack error %s with status 200',
    async (error) => {
      simulator.faults.add({ do: error });
      expect(await history()).toMatchObject({ status: 200, body: { ok: false, error } });
    },
  );

  it('says what a missing scope needs', async () => {
    simulator.faults.add({ do: 'missing_scope', match: { method: 'team.info' } });
    const { body } = await apiCall(simulator, 'team.info');
    expect(body).toMatchObject({ error: 'missing_scope', needed: 'team:read' });
    expect(body['provided']).toContain('users:read');
  });

  it('meets file bytes too', async () => {
    const { id } = simulator.workspace.addFile(channel, { name: 'a.txt', content: 'abc' });
    const { body } = await apiCall(simulator, 'files.info', { file: id });
    const { url_private: url } = body['file'] as { url_private: string };
    const headers = { authorization: `Bearer ${simulator.token}` };
    simulator.faults.add({ do: 503, match: { method: 'files-pri' } });
    expect((await readAnswer(await fetch(url, { headers }))).status).toBe(503);
    expect((await readAnswer(await fetch(url, { headers }))).body['html']).toBe('abc');
  });

  it('aims by method, channel, token and number, as often as asked', async () => {
    const other = simulator.issueToken({ name: 'other' });
    simulator.faults.add({ do: 500, match: { method: 'auth.test', nth: 2 }, times: 2 });
    simulator.faults.add({ do: 502, match: { channel: 'C0NONE' }, times: null });
    simulator.faults.add({ do: 503, match: { token: other }, times: null });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await apiCall(simulator, 'auth.test')).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect((await history()).status).toBe(200);
    expect((await apiCall(simulator, 'auth.test', {}, other)).status).toBe(503);
    expect(simulator.faults.list()).toMatchObject([
      { do: '502', left: null, seen: 0 },
      { do: '503', left: null, seen: 1 },
    ]);
    simulator.faults.clear();
    expect((await apiCall(simulator, 'auth.test', {}, other)).status).toBe(200);
  });

  it('refuses faults that do not exist', () => {
    expect(() => simulator.faults.add({ do: 418 })).toThrow('418');
    expect(() => simulator.faults.add({ do: 'No such thing' })).toThrow('No such thing');
  });
});
