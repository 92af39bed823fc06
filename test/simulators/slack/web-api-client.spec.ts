import { LogLevel, WebClient } from '@slack/web-api';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;
let slack: WebClient;

beforeEach(async () => {
  simulator = await startSlackSimulator({ messages: 260, channels: 12 });
  slack = new WebClient(simulator.token, {
    slackApiUrl: simulator.apiUrl,
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
});

afterEach(() => simulator.close());

/** The id of a channel of the generated workspace. */
const idOf = (name: string): string => simulator.workspace.workspace.channel(name).id;
const page = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);

describe("Slack's own client", () => {
  it('says who it is, and with which scopes', async () => {
    const { team, app } = simulator.workspace.workspace;
    const answer = await slack.auth.test();
    expect(answer).toMatchObject({ ok: true, team_id: team.id, bot_id: app.botId });
    expect(answer.response_metadata?.scopes).toContain('channels:history');
    expect((await slack.team.info()).team).toMatchObject({ id: team.id, domain: team.domain });
  });

  it('lists the channels it is in, private and archived ones too, and no others', async () => {
    const types = 'public_channel,private_channel';
    const joined = await slack.users.conversations({ types, limit: 999 });
    const names = joined.channels!.map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(['general', 'security', 'legacy-billing']));
    const unarchived = await slack.users.conversations({ types, exclude_archived: true });
    expect(unarchived.channels!.map(({ name }) => name)).not.toContain('legacy-billing');
    const seen = await slack.conversations.list({ types, limit: 999 });
    expect(seen.channels!.find(({ name }) => name === 'lunch')?.is_member).toBe(false);
    expect(seen.channels!.map(({ name }) => name)).not.toContain('board');
  });

  it('pages through channels, members and users without loss', async () => {
    const found: string[] = [];
    for await (const one of slack.paginate('conversations.list', { limit: 5 })) {
      const { channels } = one as { channels?: { id: string }[] };
      found.push(...channels!.map(({ id }) => id));
    }
    const open = [...simulator.workspace.workspace.channels.values()].filter((c) => !c.isPrivate);
    expect(found.sort()).toEqual(open.map(({ id }) => id).sort());
    const members = await slack.conversations.members({ channel: idOf('general'), limit: 10 });
    expect(members.members).toHaveLength(10);
    expect(members.response_metadata?.next_cursor).not.toBe('');
    const everybody = await slack.users.list({});
    expect(everybody.members).toHaveLength(simulator.workspace.workspace.users.size);
    expect(simulator.violations).toEqual([]);
  });

  it('reads people, groups, bots, emoji and single channels', async () => {
    const { users, bots, userGroups } = simulator.workspace.workspace;
    const [user] = users.keys();
    const [group] = userGroups.values();
    const [bot] = bots.keys();
    expect((await slack.users.info({ user: user! })).user?.real_name).toBe('Release manager');
    const groups = await slack.usergroups.list({ include_users: true });
    expect(groups.usergroups![0]).toMatchObject({ handle: group!.handle, users: group!.users });
    const inGroup = await slack.usergroups.users.list({ usergroup: group!.id });
    expect(inGroup.users).toEqual(group!.users);
    expect((await slack.bots.info({ bot })).bot?.id).toBe(bot);
    expect((await slack.emoji.list()).emoji).toHaveProperty('shipit', 'alias:rocket');
    const channel = await slack.conversations.info({ channel: idOf('general') });
    expect(channel.channel).toMatchObject({ name: 'general', is_member: true });
    expect(simulator.violations).toEqual([]);
  });

  it('reads a history newest first, page by page, without repeating anything', async () => {
    const { workspace } = simulator;
    const channel = workspace.createChannel('pages').id;
    const sent = page(7).map((text) => workspace.post(channel, text));
    const first = await slack.conversations.history({ channel, limit: 3 });
    expect(first.messages!.map(({ ts }) => ts)).toEqual(sent.slice(4).reverse());
    expect(first.has_more).toBe(true);
    workspace.post(channel, 'sent between the pages');
    const cursor = first.response_metadata!.next_cursor;
    const rest = await slack.conversations.history({ channel, limit: 10, cursor });
    expect(rest.messages!.map(({ ts }) => ts)).toEqual(sent.slice(0, 4).reverse());
    expect(rest.has_more).toBe(false);
    expect(rest.response_metadata?.next_cursor).toBeUndefined();
  });

  it('cuts a history by time, bounds excluded unless asked for', async () => {
    const { workspace } = simulator;
    const channel = workspace.createChannel('times').id;
    const [a, b, c, d] = page(4).map((text) => workspace.post(channel, text));
    const window = { channel, oldest: a!, latest: d! };
    const texts = async (inclusive: boolean): Promise<(string | undefined)[]> =>
      (await slack.conversations.history({ ...window, inclusive })).messages!.map(({ ts }) => ts);
    expect(await texts(false)).toEqual([c, b]);
    expect(await texts(true)).toEqual([d, c, b, a]);
    const one = await slack.conversations.history({
      channel,
      oldest: b!,
      latest: b!,
      inclusive: true,
      limit: 1,
    });
    expect(one.messages!.map(({ ts }) => ts)).toEqual([b]);
  });

  it('pages through a thread with the parent on every page', async () => {
    const { workspace } = simulator;
    const channel = workspace.createChannel('threads').id;
    const ts = workspace.post(channel, 'the question');
    const replies = page(5).map((text) => workspace.reply(channel, ts, text));
    const first = await slack.conversations.replies({ channel, ts, limit: 3 });
    expect(first.messages!.map((one) => one.ts)).toEqual([ts, ...replies.slice(0, 2)]);
    const cursor = first.response_metadata!.next_cursor;
    const second = await slack.conversations.replies({ channel, ts, limit: 10, cursor });
    expect(second.messages!.map((one) => one.ts)).toEqual([ts, ...replies.slice(2)]);
    expect(second.has_more).toBe(false);
    const alone = await slack.conversations.replies({ channel, ts: replies[2]! });
    expect(alone.messages!.map((one) => one.ts)).toEqual([replies[2]]);
    const history = await slack.conversations.history({ channel });
    expect(history.messages).toHaveLength(1);
    expect(history.messages![0]).toMatchObject({
      thread_ts: ts,
      reply_count: 5,
      latest_reply: replies[4],
    });
  });

  it('joins a public channel, and is refused where it must be', async () => {
    await expect(slack.conversations.history({ channel: idOf('lunch') })).rejects.toMatchObject({
      data: { error: 'not_in_channel' },
    });
    await expect(slack.conversations.history({ channel: idOf('board') })).rejects.toMatchObject({
      data: { error: 'channel_not_found' },
    });
    await slack.conversations.join({ channel: idOf('lunch') });
    const joined = await slack.conversations.history({ channel: idOf('lunch'), limit: 1 });
    expect(joined.messages![0]).toMatchObject({ subtype: 'channel_join' });
    const again = await slack.conversations.join({ channel: idOf('lunch') });
    expect(again.warning).toBe('already_in_channel');
    simulator.workspace.archive('lunch');
    await expect(slack.conversations.join({ channel: idOf('lunch') })).rejects.toMatchObject({
      data: { error: 'is_archived' },
    });
  });

  it('gets permalinks, of replies with their thread', async () => {
    const { workspace } = simulator;
    const channel = idOf('general');
    const ts = workspace.post('general', 'parent');
    const reply = workspace.reply('general', ts, 'child');
    const { permalink } = await slack.chat.getPermalink({ channel, message_ts: reply });
    expect(permalink).toContain(`/archives/${channel}/p${reply.replace('.', '')}`);
    expect(permalink).toContain(`thread_ts=${ts}`);
    await expect(
      slack.chat.getPermalink({ channel, message_ts: '1.000001' }),
    ).rejects.toMatchObject({ data: { error: 'message_not_found' } });
  });

  it('finds files, and their bytes only with the token', async () => {
    const { id } = simulator.workspace.addFile('general', {
      name: 'plan.txt',
      content: 'the plan',
    });
    const { file } = await slack.files.info({ file: id });
    const listed = await slack.files.list({ channel: idOf('general'), count: 1 });
    expect(listed.files).toHaveLength(1);
    const authorization = `Bearer ${simulator.token}`;
    const bytes = await fetch(file!.url_private!, { headers: { authorization } });
    expect(await bytes.text()).toBe('the plan');
    expect(bytes.headers.get('content-type')).toBe('text/plain');
    const refused = await fetch(file!.url_private_download!, { redirect: 'manual' });
    expect(refused.status).toBe(302);
    const followed = await fetch(file!.url_private!);
    expect(followed.status).toBe(200);
    expect(await followed.text()).toContain('<html>');
    simulator.workspace.deleteFile(id);
    await expect(slack.files.info({ file: id })).rejects.toMatchObject({
      data: { error: 'file_deleted' },
    });
  });
});
