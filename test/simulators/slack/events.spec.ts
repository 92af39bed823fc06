import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { readBody, sendJson, serveHttp, type RunningServer } from '../support/http-server.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: { type: string; event_id?: string; event?: Record<string, unknown> };
}

let simulator: SlackSimulator;
let endpoint: RunningServer;
let channel: string;
let received: Received[];
/** Statuses to answer with; 0 = no answer at all; 200 when there are none left. */
let statuses: number[];

beforeEach(async () => {
  received = [];
  statuses = [];
  endpoint = await serveHttp(0, async (request, response) => {
    const raw = await readBody(request);
    const body = JSON.parse(raw) as Received['body'] & { challenge?: string };
    received.push({ headers: request.headers, raw, body });
    const status = statuses.shift() ?? 200;
    if (status === 0) response.destroy();
    else sendJson(response, status, { challenge: body.challenge });
  });
  simulator = await startSlackSimulator({ messages: 0, channels: 1, eventDeadlineMs: 240_000 });
  channel = simulator.workspace.createChannel('desk').id;
  await simulator.events.connect(endpoint.url);
});

afterEach(async () => {
  await simulator.close();
  await endpoint.close();
});

const events = (): Record<string, unknown>[] =>
  received.flatMap(({ body }) => (body.event === undefined ? [] : [body.event]));

describe('the Events API', () => {
  it('asks an endpoint for its challenge before it sends anything', async () => {
    expect(received[0]!.body).toMatchObject({ type: 'url_verification' });
    statuses = [500];
    await expect(simulator.events.connect(endpoint.url)).rejects.toThrow('challenge');
  });

  it('signs every request with the time and the raw body', async () => {
    simulator.workspace.post(channel, 'hello');
    await simulator.events.deliver();
    for (const { headers, raw } of received) {
      const time = String(headers['x-slack-request-timestamp']);
      const hmac = createHmac('sha256', simulator.events.signingSecret);
      const expected = `v0=${hmac.update(`v0:${time}:${raw}`).digest('hex')}`;
      expect(headers['x-slack-signature']).toBe(expected);
    }
    const { team, app } = simulator.workspace.workspace;
    expect(received[1]!.body).toMatchObject({
      type: 'event_callback',
      team_id: team.id,
      api_app_id: app.appId,
      authorizations: [{ team_id: team.id, user_id: app.userId, is_bot: true }],
    });
  });

  it('tells of messages, edits and deletions', async () => {
    const { workspace } = simulator;
    const ts = workspace.post(channel, 'parent');
    const reply = workspace.reply(channel, ts, 'child');
    workspace.edit(channel, reply, 'child, edited');
    workspace.delete(channel, ts);
    workspace.delete(channel, reply);
    await simulator.events.deliver();
    expect(events()).toMatchObject([
      { type: 'message', ts, text: 'parent', channel, channel_type: 'channel' },
      { type: 'message', ts: reply, thread_ts: ts },
      {
        subtype: 'message_changed',
        message: { ts: reply, text: 'child, edited' },
        previous_message: { text: 'child' },
      },
      { subtype: 'message_changed', message: { ts, subtype: 'tombstone' } },
      { subtype: 'message_deleted', deleted_ts: reply, previous_message: { ts: reply } },
    ]);
  });

  it('tells of a file that goes with its message, after the message', async () => {
    const { workspace } = simulator;
    const { id, ts } = workspace.addFile(channel, { name: 'a.txt', content: 'a' });
    workspace.delete(channel, ts);
    await simulator.events.deliver();
    expect(events().slice(1)).toMatchObject([
      { subtype: 'message_deleted', previous_message: { files: [{ id, name: 'a.txt' }] } },
      { type: 'file_deleted', file_id: id },
    ]);
  });

  it('tells of channels, people, files and the end of the app, not of other rooms', async () => {
    const { workspace } = simulator;
    const { id } = workspace.addFile(channel, { name: 'a.txt', content: 'a' });
    workspace.deleteFile(id);
    workspace.renameUser(workspace.addUser('Harbour pilot').id, { displayName: 'Pilot' });
    workspace.renameChannel(channel, 'bridge');
    workspace.archive(channel);
    workspace.removeBot(channel);
    workspace.post(channel, 'unheard');
    simulator.mutate({ op: 'uninstall' });
    await simulator.events.deliver();
    expect(events().map(({ type, subtype }) => subtype ?? type)).toEqual([
      'message',
      'file_deleted',
      'user_change',
      'channel_name',
      'channel_rename',
      'channel_archive',
      'channel_archive',
      'member_left_channel',
      'tokens_revoked',
      'app_uninstalled',
    ]);
  });

  it('tries again with a number and a reason, three times at most', async () => {
    simulator.workspace.post(channel, 'hello');
    statuses = [500, 0, 200];
    const [delivery] = await simulator.events.deliver();
    expect(delivery!.statuses).toEqual([500, null, 200]);
    const retries = received
      .slice(1)
      .map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]);
    expect(retries).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_timeout'],
    ]);
    simulator.workspace.post(channel, 'again');
    statuses = [500, 500, 500, 500, 200];
    const [failed] = await simulator.events.deliver();
    expect(failed!.statuses).toEqual([500, 500, 500, 500]);
  });

  it('can send twice, in the wrong order, and lose some', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => simulator.workspace.post(channel, text));
    expect(a).toBeDefined();
    await simulator.events.deliver({ duplicate: true, reverse: true, lose: 1 });
    expect(events().map(({ ts }) => ts)).toEqual([c, c, b, b]);
    const ids = received.slice(1).map(({ body }) => body.event_id);
    expect(new Set(ids).size).toBe(2);
    expect(await simulator.events.deliver()).toEqual([]);
  });
});
