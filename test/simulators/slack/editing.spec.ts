import { apiCall } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

type Message = Record<string, unknown>;

let simulator: SlackSimulator;
let channel: string;

beforeEach(async () => {
  simulator = await startSlackSimulator({ messages: 0, channels: 1 });
  channel = simulator.workspace.createChannel('desk').id;
});

afterEach(() => simulator.close());

async function messages(method: string, params: Record<string, string> = {}): Promise<Message[]> {
  const { body } = await apiCall(simulator, method, { channel, ...params });
  expect(body.error).toBeUndefined();
  return body['messages'] as Message[];
}

describe('changes of the workspace, as the API shows them', () => {
  it('marks an edited message and keeps its place', async () => {
    const ts = simulator.workspace.post(channel, 'first wording');
    simulator.advance(60_000);
    simulator.workspace.edit(channel, ts, 'second wording');
    const [message] = await messages('conversations.history');
    expect(message).toMatchObject({ ts, text: 'second wording' });
    expect(message!['edited']).toMatchObject({ ts: '1793610060.000000' });
  });

  it('shows a reply that is also sent to the channel in both, with its root in history', async () => {
    const ts = simulator.workspace.post(channel, 'parent');
    const subtype = 'thread_broadcast';
    const reply = simulator.workspace.reply(channel, ts, 'for everybody', { subtype });
    const [newest] = await messages('conversations.history');
    expect(newest).toMatchObject({
      ts: reply,
      subtype,
      thread_ts: ts,
      root: { ts, reply_count: 1 },
    });
    const [, inThread] = await messages('conversations.replies', { ts });
    expect(inThread).toMatchObject({ ts: reply, subtype, thread_ts: ts });
    expect(inThread).not.toHaveProperty('root');
  });

  it('leaves a tombstone for a deleted parent until its last reply goes', async () => {
    const ts = simulator.workspace.post(channel, 'parent');
    const first = simulator.workspace.reply(channel, ts, 'one');
    const second = simulator.workspace.reply(channel, ts, 'two');
    simulator.workspace.delete(channel, ts);
    const [parent] = await messages('conversations.history');
    expect(parent).toMatchObject({
      ts,
      subtype: 'tombstone',
      user: 'USLACKBOT',
      text: 'This message was deleted.',
      reply_count: 2,
    });
    simulator.workspace.delete(channel, second);
    expect((await messages('conversations.history'))[0]).toMatchObject({
      reply_count: 1,
      latest_reply: first,
    });
    simulator.workspace.delete(channel, first);
    expect(await messages('conversations.history')).toEqual([]);
    const gone = await apiCall(simulator, 'conversations.replies', { channel, ts });
    expect(gone.body.error).toBe('thread_not_found');
  });

  it('forgets a thread with its last reply', async () => {
    const ts = simulator.workspace.post(channel, 'parent');
    simulator.workspace.delete(channel, simulator.workspace.reply(channel, ts, 'only'));
    expect((await messages('conversations.history'))[0]).not.toHaveProperty('reply_count');
  });

  it('refuses threads of joins', async () => {
    simulator.workspace.removeBot(channel);
    simulator.workspace.addBot(channel);
    const [join] = await messages('conversations.history');
    expect(join).toMatchObject({ subtype: 'channel_join' });
    const ts = String(join!['ts']);
    const { body } = await apiCall(simulator, 'conversations.replies', { channel, ts });
    expect(body.error).toBe('thread_not_found');
  });

  it('tells private channels without the bot from public ones', async () => {
    const secret = simulator.workspace.createChannel('secret', { private: true }).id;
    simulator.workspace.removeBot(secret);
    simulator.workspace.removeBot(channel);
    const errorOf = async (id: string): Promise<string | undefined> =>
      (await apiCall(simulator, 'conversations.history', { channel: id })).body.error;
    expect(await errorOf(secret)).toBe('channel_not_found');
    expect(await errorOf(channel)).toBe('not_in_channel');
    simulator.workspace.deleteChannel(channel);
    expect(await errorOf(channel)).toBe('channel_not_found');
  });

  it('renames channels and people, and archives', async () => {
    const user = simulator.workspace.addUser('Harbour pilot');
    simulator.workspace.renameUser(user.id, { displayName: 'Pilot' });
    simulator.workspace.renameChannel(channel, 'bridge');
    simulator.workspace.archive('bridge');
    const info = await apiCall(simulator, 'conversations.info', { channel });
    expect(info.body['channel']).toMatchObject({
      name: 'bridge',
      previous_names: ['desk'],
      is_archived: true,
    });
    const person = await apiCall(simulator, 'users.info', { user: user.id });
    expect(person.body['user']).toMatchObject({ profile: { display_name: 'Pilot' } });
    const kinds = (await messages('conversations.history')).map(({ subtype }) => subtype);
    expect(kinds).toEqual(['channel_archive', 'channel_name']);
  });

  it('leaves a stump where a file was', async () => {
    const { id } = simulator.workspace.addFile(channel, { name: 'a.txt', content: 'a' });
    simulator.workspace.deleteFile(id);
    const [message] = await messages('conversations.history');
    expect(message!['files']).toEqual([{ id, mode: 'tombstone' }]);
  });

  describe('when the message that holds a file is deleted', () => {
    const infoOf = async (id: string) =>
      (await apiCall(simulator, 'files.info', { file: id })).body;
    const listed = async () => {
      const { body } = await apiCall(simulator, 'files.list');
      return (body['files'] as { id: string }[]).map(({ id }) => id);
    };
    const statusOf = async (id: string): Promise<number> => {
      const url = `${new URL(simulator.apiUrl).origin}/files-pri/${simulator.workspace.workspace.team.id}-${id}/a.txt`;
      const headers = { authorization: `Bearer ${simulator.token}` };
      return (await fetch(url, { headers, redirect: 'manual' })).status;
    };

    it('deletes it, too', async () => {
      const { id, ts } = simulator.workspace.addFile(channel, { name: 'a.txt', content: 'a' });
      expect(await listed()).toEqual([id]);
      simulator.workspace.delete(channel, ts);
      expect((await infoOf(id)).error).toBe('file_deleted');
      expect(await listed()).toEqual([]);
      expect(await statusOf(id)).toBe(404);
    });

    it('deletes it with a parent that leaves a tombstone', async () => {
      const { id, ts } = simulator.workspace.addFile(channel, { name: 'a.txt', content: 'a' });
      simulator.workspace.reply(channel, ts, 'child');
      simulator.workspace.delete(channel, ts);
      expect((await infoOf(id)).error).toBe('file_deleted');
    });

    it('keeps it where it is shared elsewhere, until the last of its messages goes', async () => {
      const { workspace } = simulator;
      const { id, ts } = workspace.addFile(channel, { name: 'a.txt', content: 'a' });
      const other = workspace.createChannel('annex').id;
      const again = workspace.post(other, 'again', { fileIds: [id] });
      workspace.delete(channel, ts);
      const { file } = (await infoOf(id)) as unknown as { file: Message };
      expect(file).toMatchObject({
        channels: [other],
        shares: { public: { [other]: [{ ts: again }] } },
      });
      expect((file['shares'] as { public: object }).public).not.toHaveProperty(channel);
      expect(simulator.truth().removed).not.toContainEqual(expect.objectContaining({ file: id }));
      workspace.delete(other, again);
      expect((await infoOf(id)).error).toBe('file_deleted');
    });

    it('does not keep it for a message that went with its channel', async () => {
      const { workspace } = simulator;
      const { id, ts } = workspace.addFile(channel, { name: 'a.txt', content: 'a' });
      const other = workspace.createChannel('annex').id;
      workspace.post(other, 'again', { fileIds: [id] });
      workspace.deleteChannel(other);
      expect((await infoOf(id)).error).toBeUndefined();
      workspace.delete(channel, ts);
      expect((await infoOf(id)).error).toBe('file_deleted');
    });
  });
});

describe('the truth', () => {
  it('holds what the bot can read, names in place of ids', () => {
    const { workspace } = simulator;
    const user = workspace.addUser('Harbour pilot');
    const text = `Ask <@${user.id}> in <#${channel}|desk> &amp; read <https://a.example|the *map*>`;
    const ts = workspace.post(channel, text, { user: user.id });
    const reply = workspace.reply(channel, ts, 'Seen.');
    const [first, second] = simulator.truth().messages;
    expect(first).toMatchObject({
      ts,
      threadTs: ts,
      author: 'Harbour pilot',
      text: 'Ask @Harbour pilot in #desk & read the *map* (https://a.example)',
      fragments: ['Ask', 'Harbour pilot', 'in', 'desk', '& read', 'the *map*'],
      links: ['https://a.example'],
    });
    expect(second).toMatchObject({ ts: reply, threadTs: ts, text: 'Seen.' });
  });

  it('drops what is deleted, edited away or out of reach, and names the removed texts', () => {
    const { workspace } = simulator;
    const gone = workspace.post(channel, 'never mind');
    const changed = workspace.post(channel, 'old number 17');
    workspace.delete(channel, gone);
    workspace.edit(channel, changed, 'new number 18');
    expect(simulator.truth().messages.map(({ text }) => text)).toEqual(['new number 18']);
    expect(simulator.truth().removed).toMatchObject([
      { ts: gone, text: 'never mind', reason: 'deleted' },
      { ts: changed, text: 'old number 17', reason: 'edited' },
    ]);
    workspace.removeBot(channel);
    expect(simulator.truth().messages).toEqual([]);
  });

  it('names the text of a file that went, as it was, with the message that held it', () => {
    const { workspace } = simulator;
    const content = 'if (a < b) *swap* &amp; <@nobody>';
    const { id, ts } = workspace.addFile(channel, { name: 'a.txt', content }, { text: 'see here' });
    const picture = workspace.addFile(channel, { name: 'a.png', content: Buffer.from('png') });
    workspace.delete(channel, ts);
    workspace.delete(channel, picture.ts);
    expect(simulator.truth().messages).toEqual([]);
    expect(simulator.truth().removed).toEqual([
      { channel, ts, text: 'see here', reason: 'deleted' },
      { channel, ts, text: content, reason: 'deleted', file: id },
      { channel, ts: picture.ts, text: '', reason: 'deleted' },
    ]);
  });

  it('names the text of a file that was deleted by itself', () => {
    const { workspace } = simulator;
    const { id, ts } = workspace.addFile(channel, { name: 'a.txt', content: 'the plan' });
    workspace.deleteFile(id);
    workspace.delete(channel, ts);
    expect(simulator.truth().removed).toEqual([
      { channel, ts, text: 'the plan', reason: 'deleted', file: id },
      { channel, ts, text: '', reason: 'deleted' },
    ]);
  });

  it('does not hold tombstones', () => {
    const ts = simulator.workspace.post(channel, 'parent');
    simulator.workspace.reply(channel, ts, 'child');
    simulator.workspace.delete(channel, ts);
    expect(simulator.truth().messages.map(({ text }) => text)).toEqual(['child']);
  });
});
