import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';

const MESSAGES = ['conversations.info', 'conversations.history', 'conversations.replies'];

describe('a synchronized Slack workspace', () => {
  let app: TestApp;
  let simulator: SlackSimulator;
  let connection: string;
  let channel: string;

  beforeEach(async () => {
    simulator = await startSlackSimulator({ channels: 1, messages: 0, fileShare: 0 });
    const connectors = registryOf([slackConnector({ apiUrl: simulator.apiUrl })]);
    app = await startApp({ connectors });
    channel = simulator.workspace.createChannel('harbour').id;
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  const connect = async () => {
    const credentials = { bot_token: simulator.token };
    const config = { include: ['harbour'] };
    const body = { provider: 'slack', config, credentials, collection: 'team', schedule: null };
    const created = await app.request('POST', '/v1/memory/connections', { body });
    connection = created.body.id as string;
    await sync();
  };

  const sync = async (body: { full?: boolean } = {}) => {
    simulator.log.clear();
    const path = `/v1/memory/connections/${connection}/sync?wait=false`;
    const run = await app.request('POST', path, { body });
    return eventually('the run', async () => {
      const { body } = await app.request('GET', `/v1/memory/runs/${run.body.run_id as string}`);
      return body.finished_at === null ? undefined : body;
    });
  };

  const bots = async (policy: string | readonly string[]) => {
    const config = { include: ['harbour'], bots: policy };
    const path = `/v1/memory/connections/${connection}`;
    const { status } = await app.request('PATCH', path, { body: { config } });
    expect(status).toBe(200);
  };

  /** A thread of a person with one reply. */
  const thread = (text: string, author: object = {}) => {
    const { workspace } = simulator;
    simulator.advance(3_600_000);
    const ts = workspace.post(channel, 'harbour parent');
    simulator.advance(1_000);
    workspace.reply(channel, ts, text, author);
    return ts;
  };

  const isFound = async (query: string): Promise<boolean> => {
    const body = { query, mode: 'text' };
    const found = await app.request('POST', '/v1/memory/search', { body });
    expect(found.status).toBe(200);
    return (found.body as unknown as { text: string }[]).some(({ text }) => text.includes(query));
  };

  it('follows a change of the policy on bots with the next run, both ways', async () => {
    const bot = simulator.workspace.addBotUser('Harbour bot').id;
    const mixed = thread('a bot says cod', { botId: bot, user: null });
    thread('a person says eel');
    await connect();
    expect(await isFound('cod')).toBe(true);
    const read = () =>
      simulator.log.requests
        .filter(({ method }) => method === 'conversations.replies')
        .map(({ params }) => params['ts']);
    for (const [policy, isCodFound] of [
      ['exclude', false],
      ['include', true],
    ] as const) {
      await bots(policy);
      await sync();
      expect(read()).toEqual([mixed]);
      expect(await isFound('cod')).toBe(isCodFound);
      expect(await isFound('eel')).toBe(true);
      await sync();
      expect(read()).toEqual([]);
    }
  });

  it('drops what bots alone wrote when they are excluded, its title included', async () => {
    const by = { botId: simulator.workspace.addBotUser('Harbour bot').id, user: null };
    const begin = (alert: string, reply: string, author: object = {}) => {
      simulator.advance(3_600_000);
      const ts = simulator.workspace.post(channel, alert, by);
      simulator.advance(1_000);
      simulator.workspace.reply(channel, ts, reply, author);
    };
    begin('codfish alert', 'more of it', by);
    begin('troutfish alert', 'a person says eel');
    await connect();
    expect([await isFound('codfish'), await isFound('troutfish')]).toEqual([true, true]);
    // With the first its parent says that all are bots; with the second only the replies do.
    for (const policy of ['exclude', ['another']] as const) {
      await bots(policy);
      await sync();
      expect([await isFound('codfish'), await isFound('troutfish')]).toEqual([false, false]);
      expect(await isFound('eel')).toBe(true);
      await bots('include');
      await sync();
      expect([await isFound('codfish'), await isFound('troutfish')]).toEqual([true, true]);
    }
  });

  it('writes the names of now in a full sync, however soon it comes', async () => {
    const author = simulator.workspace.addUser('Eel seller').id;
    thread('the market opens', { user: author });
    await connect();
    expect(await isFound('Eel seller')).toBe(true);
    simulator.workspace.renameUser(author, { realName: 'Carp buyer', displayName: 'Carp buyer' });
    await sync({ full: true });
    expect([await isFound('Eel seller'), await isFound('Carp buyer')]).toEqual([false, true]);
    expect(simulator.log.count('users.list')).toBe(1);
  });

  it('joins no channel for a plan: what was never applied is not read', async () => {
    await connect();
    const foreign = simulator.workspace.createChannel('harbour-2', { bot: false }).id;
    simulator.workspace.post(foreign, 'the pike earns most');
    const path = `/v1/memory/connections/${connection}`;
    const config = { channels: 'all', join: true };
    const plan = await app.request('POST', `${path}/scope/plan`, { body: { config } });
    expect(plan.status).toBe(200);
    expect(JSON.stringify(plan.body)).toContain('#harbour-2');
    expect(simulator.log.count('conversations.join')).toBe(0);
    // With the configuration stored, the questions of readers change nothing either.
    expect((await app.request('PATCH', path, { body: { config } })).status).toBe(200);
    expect((await app.request('POST', `${path}/plan`)).status).toBe(200);
    const body = { partition: foreign };
    expect((await app.request('POST', `${path}/dry-run`, { body })).status).toBe(200);
    expect((await app.request('POST', `${path}/probe`)).status).toBe(200);
    expect(simulator.log.count('conversations.join')).toBe(0);
  });

  it('asks once about a channel that the bot has left, however much was said there', async () => {
    for (let i = 0; i < 40; i++) thread(`a person says eel ${i}`);
    simulator.workspace.post(simulator.workspace.createChannel('harbour-2').id, 'carp');
    await connect();
    simulator.workspace.removeBot(channel);
    // So many losses wait for a person, and each run asks about them again.
    for (let runs = 0; runs < 2; runs++) {
      const run = await sync();
      expect(run).toMatchObject({ counts: { deleted: 0 }, held_deletions: { count: 40 } });
      const { requests } = simulator.log;
      const ofMessages = requests.filter(({ method }) => MESSAGES.includes(method));
      const asked = ofMessages.filter(({ params }) => params['channel'] === channel);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.length).toBeLessThanOrEqual(2);
    }
  });
});
