import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';

interface Document {
  id: string;
  external_id: string;
  citations: { at: string; author: string; url: string }[];
}

describe('citations of Slack documents', () => {
  let slack: SlackSimulator;
  let app: TestApp;
  let connection: string;

  beforeAll(async () => {
    slack = await startSlackSimulator({ seed: 3, channels: 2, messages: 60 });
    const connectors = registryOf([slackConnector({ apiUrl: slack.apiUrl })]);
    app = await startApp({ connectors });
    const created = await app.request('POST', '/v1/memory/connections', {
      body: { provider: 'slack', credentials: { bot_token: slack.token }, schedule: null },
    });
    connection = created.body.id;
    await sync();
  });
  afterAll(async () => {
    await app.close();
    await slack.close();
  });

  const sync = async (): Promise<void> => {
    const path = `/v1/memory/connections/${connection}/sync`;
    expect((await app.request('POST', path, { body: {} })).body.status).toBe('success');
  };
  const document = async (externalId: string): Promise<Document> => {
    const { body } = await app.request('GET', '/v1/memory/documents?limit=200');
    const found = (body as Document[]).find((one) => one.external_id === externalId);
    return (await app.request('GET', `/v1/memory/documents/${found!.id}`)).body as Document;
  };
  const inThread = (channel: string, thread: string) =>
    slack
      .truth()
      .messages.filter((message) => message.channel === channel && message.threadTs === thread)
      .filter(({ text, isNotice }) => text !== '' && !isNotice);

  it('are one per message, with its author, time and address', async () => {
    const { channel, threadTs } = slack
      .truth()
      .messages.find((message) => message.threadTs !== null && message.ts !== message.threadTs)!;
    const messages = inThread(channel, threadTs!);
    const { citations } = await document(`${channel}:${threadTs}`);
    expect(citations.map(({ url }) => url)).toEqual(messages.map(({ permalink }) => permalink));
    expect(citations.map(({ author }) => author)).toEqual(messages.map(({ author }) => author));
    expect(citations[1]!.at).toBe(
      new Date(Math.floor(Number(messages[1]!.ts) * 1000)).toISOString(),
    );
  });

  it('stay when only labels change, and follow a new reply', async () => {
    const { channel, channelName, threadTs } = slack
      .truth()
      .messages.find((message) => message.threadTs !== null)!;
    const before = await document(`${channel}:${threadTs}`);
    slack.workspace.renameChannel(channel, `${channelName}-renamed`);
    await sync();
    expect((await document(before.external_id)).citations).toEqual(before.citations);
    slack.workspace.reply(channel, threadTs!, 'One thing more.');
    await sync();
    const { citations } = await document(before.external_id);
    expect(citations.map(({ url }) => url)).toEqual(
      inThread(channel, threadTs!).map(({ permalink }) => permalink),
    );
    expect(citations).toHaveLength(before.citations.length + 1);
  });
});
