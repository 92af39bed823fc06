import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { databases } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { settledRun } from '../../support/settled-run.js';

const [CUT, NUL] = ['\ud83d', '\u0000'];
const WORDS = ['bream', 'carp', 'dace', 'eel', 'flounder', 'gudgeon', 'halibut', 'ide'];

/** PostgreSQL refuses NUL and half characters with all that is written beside them. */
describe.each(databases())('Slack texts that cannot be stored ($name)', ({ open }) => {
  let app: TestApp;
  let simulator: SlackSimulator;

  beforeEach(async () => {
    simulator = await startSlackSimulator({ channels: 1, messages: 0, fileShare: 0 });
    const { apiUrl } = simulator;
    // Pages end within the session, which waits in the checkpoint then.
    const connectors = registryOf([slackConnector({ apiUrl, pageMessages: 3 })]);
    app = await startApp({ connectors, database: await open() });
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  it('are stored without what is refused, and keep nothing else away', async () => {
    const { workspace } = simulator;
    const channel = workspace.createChannel('harbour').id;
    const bot = workspace.addBotUser('Harbour bot').id;
    const author = { botId: bot, user: null };
    for (const [at, word] of WORDS.entries()) {
      simulator.advance(60_000);
      const username = [`a${NUL}b${CUT}c`, `a${'😀'.repeat(60)}`][at % 2];
      workspace.post(channel, `The ${word} of the day ${CUT}${NUL}.`, { ...author, username });
    }
    const body = { provider: 'slack', collection: 'team', schedule: null };
    const credentials = { bot_token: simulator.token };
    const created = await app.request('POST', '/v1/memory/connections', {
      body: { ...body, credentials },
    });
    const path = `/v1/memory/connections/${created.body.id as string}/sync?wait=false`;
    const asked = await app.request('POST', path, { body: {} });
    const run = await settledRun(app, asked.body.run_id as string, 1);
    expect(run).toMatchObject({ status: 'success', error: null, counts: { failed: 0 } });
    for (const word of WORDS) {
      const found = await app.request('POST', '/v1/memory/search', {
        body: { query: word, mode: 'text' },
      });
      expect(JSON.stringify(found.body)).toContain(`The ${word} of the day`);
    }
  });
});
