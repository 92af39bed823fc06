import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

/** Time limits of requests run out a hundred times sooner. */
class HastyClock extends ShiftedClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms > 5_000 ? ms / 100 : ms, signal);
  }
}

describe('a source that does not answer in time', () => {
  const LATE = 'Slack did not answer in full within 20 s.';
  let app: TestApp;
  let simulator: SlackSimulator;

  beforeEach(async () => {
    simulator = await startSlackSimulator({ channels: 1, messages: 0, fileShare: 0 });
    const connectors = registryOf([slackConnector({ apiUrl: simulator.apiUrl })]);
    app = await startApp({ connectors, clock: new HastyClock() });
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  const path = '/v1/memory/connections';
  const credentials = () => ({ bot_token: simulator.token });
  const create = () =>
    app.request('POST', path, {
      body: { provider: 'slack', credentials: credentials(), schedule: null },
    });
  const hang = (method: string) =>
    simulator.faults.add({ match: { method }, do: 'hang', times: null });
  const checksOf = (body: { checks: { name: string; outcome: string; message: string }[] }) =>
    Object.fromEntries(body.checks.map(({ name, ...check }) => [name, check]));
  const unanswered = { outcome: 'indeterminate', message: LATE };

  it('is not attached, and the checks say what it did not answer', async () => {
    hang('auth.test');
    const answer = await create();
    expect(answer).toMatchObject({ status: 503, body: { code: 'source_unavailable' } });
    expect(answer.body.detail).toMatch(/^Slack did not answer in full within \d+ s\.$/);
    const checks = checksOf(answer.body as never);
    expect(checks).toMatchObject({ token: unanswered, history: { outcome: 'skipped' } });
  });

  it('is attached all the same when only a check is not done in time', async () => {
    hang('conversations.list');
    hang('users.conversations');
    const answer = await create();
    expect(answer.status).toBe(201);
    const checks = checksOf(answer.body as never);
    expect(checks).toMatchObject({ token: { outcome: 'passed' }, channels: unanswered });
  });

  it('is no unexpected failure of what asks it later', async () => {
    const { id } = (await create()).body as { id: string };
    hang('auth.test');
    hang('conversations.list');
    hang('users.conversations');
    const probed = await app.request('POST', `${path}/${id}/probe`);
    expect(probed.status).toBe(200);
    expect(checksOf(probed.body as never)).toMatchObject({ token: unanswered });
    const late = { status: 503, body: { code: 'source_unavailable', detail: LATE } };
    for (const [action, body] of [
      ['plan', undefined],
      ['dry-run', { partition: 'C1' }],
      ['scope/plan', { config: {} }],
    ] as const)
      expect(await app.request('POST', `${path}/${id}/${action}`, { body })).toMatchObject(late);
    const patched = await app.request('PATCH', `${path}/${id}`, {
      body: { credentials: credentials() },
    });
    expect(patched).toMatchObject({ status: 503, body: { code: 'source_unavailable' } });
    expect((await app.request('GET', `${path}/${id}`)).body).toMatchObject({ status: 'active' });
  });
});
