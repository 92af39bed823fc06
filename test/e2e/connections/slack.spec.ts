import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import { PlanAnswer } from '../../../src/connections/plan.schema.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';

interface Check {
  readonly name: string;
  readonly outcome: string;
  readonly message: string;
}

describe('a Slack workspace', () => {
  let app: TestApp;
  let simulator: SlackSimulator;

  const start = async (slowTier: boolean): Promise<void> => {
    simulator = await startSlackSimulator({ channels: 2, messages: 200, fileShare: 0, slowTier });
    const connectors = registryOf([slackConnector({ apiUrl: simulator.apiUrl })]);
    app = await startApp({ connectors });
  };

  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  const create = (config: object = {}, schedule: object | null = null) => {
    const credentials = { bot_token: simulator.token };
    const body = { provider: 'slack', config, credentials, collection: 'team', schedule };
    return app.request('POST', '/v1/memory/connections', { body });
  };

  const sync = async (connection: string) => {
    const path = `/v1/memory/connections/${connection}/sync?wait=false`;
    const run = await app.request('POST', path, { body: {} });
    return eventually('the run', async () => {
      const { body } = await app.request('GET', `/v1/memory/runs/${run.body.run_id as string}`);
      return body.status === 'success' ? body : undefined;
    });
  };

  it('is attached in the slow tier, and says so there, in the probe and in the plan', async () => {
    await start(true);
    const created = await create();
    expect(created.status).toBe(201);
    const slow = (checks: unknown) => (checks as Check[]).find(({ name }) => name === 'slow_tier')!;
    expect(slow(created.body.checks)).toMatchObject({
      outcome: 'indeterminate',
      message: expect.stringContaining('15 messages a call'),
    });
    const path = `/v1/memory/connections/${created.body.id as string}`;
    const probed = await app.request('POST', `${path}/probe`);
    expect(probed.status).toBe(200);
    expect(slow(probed.body.checks).outcome).toBe('indeterminate');
    // The one call of this minute was made.
    const plan = await app.request('POST', `${path}/plan`);
    expect(plan.status).toBe(200);
    const { methods, finish_at: end, made_at: begin } = PlanAnswer.parse(plan.body);
    for (const method of methods) expect(method).toMatchObject({ calls_per_minute: 1 });
    expect(methods[0]!.basis).toContain('15 messages a call');
    const minutes = (Date.parse(end!) - Date.parse(begin)) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(200 / 15);
    expect(minutes).toBeLessThan(400);
  });

  it('is found by the links that Slack gives for its messages', async () => {
    await start(false);
    const { workspace } = simulator;
    const { id: channel } = workspace.createChannel('harbour');
    const first = workspace.post(channel, 'harbour one');
    simulator.advance(60_000);
    const later = workspace.post(channel, 'harbour two');
    simulator.advance(3_600_000);
    const parent = workspace.post(channel, 'harbour thread');
    simulator.advance(60_000);
    const reply = workspace.reply(channel, parent, 'harbour reply');
    const created = await create({ include: ['harbour'] });
    await sync(created.body.id as string);
    const explained = async (url: string) => {
      const query = `/v1/memory/documents/explain?url=${encodeURIComponent(url)}`;
      const { body } = await app.request('GET', query);
      return (body.document as { external_id: string } | null)?.external_id;
    };
    const { workspace: model } = workspace;
    const link = (ts: string) => {
      const place = model.channel(channel);
      return model.permalink(place, model.message(place, ts));
    };
    const session = `${channel}:s:${first}`;
    const thread = `${channel}:${parent}`;
    expect(await explained(link(first))).toBe(session);
    expect(await explained(link(later))).toBe(session);
    expect(await explained(link(parent))).toBe(thread);
    expect(link(reply)).toContain('thread_ts=');
    expect(await explained(link(reply))).toBe(thread);
    // A reply of which nothing is stored yet is looked for in its thread.
    const fresh = workspace.reply(channel, parent, 'harbour news');
    expect(await explained(link(fresh))).toBe(thread);
    simulator.advance(3_600_000);
    expect(await explained(link(workspace.post(channel, 'harbour late')))).toBeUndefined();
  });

  it('hides what was said in a public channel that the bot has left, until it is back', async () => {
    await start(false);
    const { workspace } = simulator;
    const { id: channel } = workspace.createChannel('harbour');
    workspace.post(channel, 'harbour one');
    const created = await create({ channels: 'all', include: ['harbour'] });
    const id = created.body.id as string;
    await sync(id);
    const states = async () => {
      const path = `/v1/memory/documents?connection=${id}`;
      const all = await Promise.all(
        ['live', 'lost_access'].map((state) => app.request('GET', `${path}&state=${state}`)),
      );
      return all.map(({ body }) => (body as unknown as unknown[]).length);
    };
    expect(await states()).toEqual([1, 0]);
    workspace.removeBot(channel);
    expect((await sync(id)).counts).toMatchObject({ lost_access: 1, deleted: 0 });
    expect(await states()).toEqual([0, 1]);
    workspace.addBot(channel);
    expect((await sync(id)).counts).toMatchObject({ created: 0, embedded: 0 });
    expect(await states()).toEqual([1, 0]);
  });
});
