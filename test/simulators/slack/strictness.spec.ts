import { apiCall, readAnswer } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;
let channel: string;

beforeEach(async () => {
  simulator = await startSlackSimulator({ messages: 0, channels: 1 });
  channel = simulator.workspace.createChannel('desk').id;
  for (let i = 0; i < 4; i++) simulator.workspace.post(channel, `message ${i}`);
});

afterEach(() => simulator.close());

const kinds = (): string[] => simulator.violations.map(({ kind, detail }) => `${kind}: ${detail}`);

async function post(method: string, type: string | null, body: string, token = true) {
  const headers: Record<string, string> = {};
  if (type !== null) headers['content-type'] = type;
  if (token) headers['authorization'] = `Bearer ${simulator.token}`;
  return readAnswer(
    await fetch(simulator.apiUrl + method, { method: 'POST', headers, body: Buffer.from(body) }),
  );
}

describe('a strict reading of requests', () => {
  it('accepts GET and POST, forms and JSON, header and form token', async () => {
    const get = await fetch(`${simulator.apiUrl}conversations.info?channel=${channel}`, {
      headers: { authorization: `Bearer ${simulator.token}` },
    });
    expect((await readAnswer(get)).body.ok).toBe(true);
    const { token } = simulator;
    const form = await apiCall(simulator, 'conversations.info', { channel, token }, null);
    expect(form.body.ok).toBe(true);
    const type = 'application/json; charset=utf-8';
    const json = await post('conversations.history', type, JSON.stringify({ channel, limit: 2 }));
    expect(json.body['messages']).toHaveLength(2);
    expect(json.body['warning']).toBeUndefined();
    expect(kinds()).toEqual([]);
  });

  it('notes an unknown parameter and goes on', async () => {
    const { body } = await apiCall(simulator, 'conversations.history', { channel, since: '1' });
    expect(body.ok).toBe(true);
    expect(kinds()).toEqual(['unknown_parameter: since']);
    expect(simulator.violations[0]).toMatchObject({ method: 'conversations.history' });
  });

  it.each([
    [{ limit: 'many' }, 'invalid_limit', 'wrong_type: limit'],
    [{ oldest: 'yesterday' }, 'invalid_ts_oldest', 'wrong_type: oldest'],
    [{ latest: '-1' }, 'invalid_ts_latest', 'wrong_type: latest'],
    [{ inclusive: 'perhaps' }, 'invalid_arguments', 'wrong_type: inclusive'],
    [{ channel: '' }, 'invalid_arguments', 'missing_parameter: channel'],
  ])('refuses %j with %s', async (params, error, violation) => {
    const { body } = await apiCall(simulator, 'conversations.history', { channel, ...params });
    expect(body.error).toBe(error);
    expect(kinds()).toEqual([violation]);
  });

  it('notes a limit above the documented maximum and answers no more than that', async () => {
    const { body } = await apiCall(simulator, 'conversations.history', { channel, limit: '1000' });
    expect(body['messages']).toHaveLength(4);
    expect(kinds()).toEqual(['out_of_range: limit 1000 is above 999']);
    const none = await apiCall(simulator, 'conversations.history', { channel, limit: '0' });
    expect(none.body.error).toBe('invalid_limit');
  });

  it('refuses bodies that are not what they say', async () => {
    const json = 'application/json; charset=utf-8';
    expect((await post('auth.test', json, '{')).body.error).toBe('invalid_json');
    expect((await post('auth.test', json, '[]')).body.error).toBe('json_not_object');
    expect((await post('auth.test', 'text/xml', '<a/>')).body.error).toBe('invalid_post_type');
    expect((await post('auth.test', null, 'a=b')).body.error).toBe('missing_post_type');
    expect(simulator.violations.map(({ kind }) => kind)).toEqual(
      Array<string>(4).fill('wrong_content_type'),
    );
  });

  it('warns of JSON without a charset, and takes no token from JSON', async () => {
    const bare = await post('auth.test', 'application/json', '{}');
    expect(bare.body['warning']).toBe('missing_charset');
    const token = JSON.stringify({ token: simulator.token });
    const json = await post('auth.test', 'application/json; charset=utf-8', token, false);
    expect(json.body.error).toBe('not_authed');
  });

  it('notes a token in the query string', async () => {
    const answer = await fetch(`${simulator.apiUrl}auth.test?token=${simulator.token}`);
    expect((await readAnswer(answer)).body.ok).toBe(true);
    expect(simulator.violations).toMatchObject([{ kind: 'token_in_query' }]);
  });

  it('notes methods that do not exist', async () => {
    const { body } = await apiCall(simulator, 'conversations.everything');
    expect(body.error).toBe('unknown_method');
    expect(kinds()).toEqual(['unknown_method: conversations.everything']);
  });

  it.each([
    ['conversations.history', 'channels:history'],
    ['conversations.replies', 'channels:history'],
    ['conversations.info', 'channels:read'],
    ['users.conversations', 'channels:read'],
    ['users.list', 'users:read'],
    ['conversations.join', 'channels:join'],
  ])('refuses %s without %s', async (method, needed) => {
    const token = simulator.issueToken({ scopes: ['team:read'] });
    const all: Record<string, Record<string, string>> = {
      'users.conversations': {},
      'users.list': {},
      'conversations.replies': { channel, ts: '1.000000' },
    };
    const { body } = await apiCall(simulator, method, all[method] ?? { channel }, token);
    expect(body).toMatchObject({ error: 'missing_scope', needed, provided: 'team:read' });
    expect(kinds()).toEqual([`missing_scope: ${needed}`]);
  });

  it('asks for the scopes of private channels where one is meant', async () => {
    const token = simulator.issueToken({ scopes: ['channels:read', 'channels:history'] });
    const secret = simulator.workspace.createChannel('secret', { private: true }).id;
    const read = await apiCall(simulator, 'conversations.history', { channel: secret }, token);
    expect(read.body['needed']).toBe('groups:history');
    const types = 'public_channel,private_channel';
    const list = await apiCall(simulator, 'conversations.list', { types }, token);
    expect(list.body['needed']).toBe('groups:read');
    const wrong = await apiCall(simulator, 'conversations.list', { types: 'rooms' }, token);
    expect(wrong.body.error).toBe('invalid_types');
  });

  it('takes a cursor only where it came from, and only while it is fresh', async () => {
    const other = simulator.workspace.createChannel('other').id;
    const next = async (id: string, cursor: string): Promise<string | undefined> =>
      (await apiCall(simulator, 'conversations.history', { channel: id, cursor })).body.error;
    const first = await apiCall(simulator, 'conversations.history', { channel, limit: '2' });
    const { next_cursor: cursor } = first.body['response_metadata'] as { next_cursor: string };
    expect(await next(channel, cursor)).toBeUndefined();
    expect(await next(other, cursor)).toBe('invalid_cursor');
    expect(await next(channel, 'bmV4dF90czox')).toBe('invalid_cursor');
    simulator.cursors.expireAll();
    expect(await next(channel, cursor)).toBe('invalid_cursor');
  });

  it('lets cursors expire by time where asked to', async () => {
    const short = await startSlackSimulator({ channels: 12, messages: 0, cursorLifetime: 60_000 });
    const first = await apiCall(short, 'conversations.list', { limit: '2' });
    const { next_cursor: cursor } = first.body['response_metadata'] as { next_cursor: string };
    short.advance(60_001);
    const late = await apiCall(short, 'conversations.list', { limit: '2', cursor });
    expect(late.body.error).toBe('invalid_cursor');
    await short.close();
  });

  it('logs every request without the token', async () => {
    await apiCall(simulator, 'auth.test');
    expect(simulator.log.requests).toMatchObject([
      {
        method: 'auth.test',
        token: 'token-1',
        status: 200,
        error: null,
        at: '2026-11-02T09:00:00.000Z',
      },
    ]);
    expect(JSON.stringify(simulator.log.requests)).not.toContain(simulator.token);
  });
});
