import { apiCall } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;

beforeEach(async () => {
  simulator = await startSlackSimulator({ messages: 0, channels: 2, controlPort: 0 });
});

afterEach(() => simulator.close());

async function control(route: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const [method, path] = route.split(' ');
  const answer = await fetch(simulator.controlUrl! + path!, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

const mutate = async (mutation: Record<string, unknown>): Promise<Record<string, string>> => {
  const { status, body } = await control('POST /mutate', mutation);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Record<string, string>;
};

describe('the control plane', () => {
  it('injects faults, shows those still waiting and takes them back', async () => {
    const fault = { do: '503', match: { method: 'auth.test' }, times: 5 };
    expect((await control('POST /faults', fault)).body).toEqual({ id: 1 });
    expect((await apiCall(simulator, 'auth.test')).status).toBe(503);
    expect((await control('GET /faults')).body).toMatchObject([{ do: '503', left: 4 }]);
    await control('DELETE /faults');
    expect((await apiCall(simulator, 'auth.test')).status).toBe(200);
  });

  it('changes the workspace and tells what is true then', async () => {
    const { ts } = await mutate({ op: 'post', channel: 'general', text: 'parent' });
    const reply = await mutate({
      op: 'reply',
      channel: 'general',
      thread_ts: ts,
      text: 'child',
      broadcast: true,
    });
    await mutate({ op: 'edit', channel: 'general', ts, text: 'parent, edited' });
    await mutate({ op: 'add_file', channel: 'general', name: 'a.txt', content: 'inside' });
    const { id } = await mutate({ op: 'create_channel', name: 'new' });
    await mutate({ op: 'rename_channel', channel: 'new', name: 'newer' });
    await mutate({ op: 'remove_bot', channel: 'newer' });
    await mutate({ op: 'delete', channel: 'general', ts: reply['ts'] });
    const truth = (await control('GET /truth')).body as { messages: Record<string, unknown>[] };
    expect(truth.messages).toMatchObject([
      { text: 'parent, edited', edited: true, channelName: 'general' },
      { text: '', files: [{ title: 'a.txt', text: 'inside' }] },
    ]);
    expect(simulator.workspace.workspace.channel('newer').id).toBe(id);
    await mutate({ op: 'revoke_token' });
    expect((await apiCall(simulator, 'auth.test')).body.error).toBe('token_revoked');
  });

  it('shows and empties the log, and lists violations', async () => {
    await apiCall(simulator, 'auth.test', { strange: '1' });
    expect((await control('GET /log')).body).toMatchObject([{ method: 'auth.test' }]);
    expect((await control('GET /violations')).body).toMatchObject([{ detail: 'strange' }]);
    await control('DELETE /log');
    expect((await control('GET /log')).body).toEqual([]);
  });

  it('moves the clock', async () => {
    await control('POST /advance', { ms: 3_600_000 });
    const { ts } = await mutate({ op: 'post', channel: 'general', text: 'later' });
    expect(ts).toBe('1793613600.000000');
  });

  it.each([
    [{ op: 'explode' }, 'must be one of'],
    [{ op: 'post', channel: 'nowhere', text: 'x' }, 'no channel nowhere'],
    [{ op: 'post', channel: 'general' }, '`text` must be a string'],
    [{ op: 'edit', channel: 'general', ts: '1.0', text: 'x' }, 'no message 1.0'],
  ])('refuses %j', async (mutation, reason) => {
    const { status, body } = await control('POST /mutate', mutation);
    expect(status).toBe(400);
    expect((body as { error: string }).error).toContain(reason);
  });

  it('lists its routes to those who are lost', async () => {
    const { status, body } = await control('GET /');
    expect(status).toBe(404);
    expect((body as { routes: string[] }).routes).toContain('POST /mutate');
  });
});
