import { registryOf } from '../../../connectors/registry.js';
import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import { PlanSourceService } from '../../../src/connections/plan-source.service.js';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { StillClock } from '../../support/still-clock.js';

/** What a probe has to say which of its checks was not answered. */
const LAST_WORDS_MS = 500;

/** The time limit of a question to the source is over once a call of it hangs. */
class HangClock extends StillClock {
  /** What questions to the source were given, in milliseconds. */
  readonly limits: number[] = [];

  constructor(private readonly hanging: () => number) {
    super();
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 5_000) return super.sleep(ms === LAST_WORDS_MS ? PATIENCE_MS : ms, signal);
    this.limits.push(ms);
    const before = this.hanging();
    while (this.hanging() === before) await super.sleep(10, signal);
  }
}

describe('a source that does not answer in time', () => {
  const LATE = 'Slack did not answer in full within 20 s.';
  let app: TestApp;
  let clock: HangClock;
  let simulator: SlackSimulator;

  beforeEach(async () => {
    simulator = await startSlackSimulator({ channels: 1, messages: 0, fileShare: 0 });
    const connectors = registryOf([slackConnector({ apiUrl: simulator.apiUrl })]);
    clock = new HangClock(
      () => simulator.log.requests.filter(({ fault }) => fault === 'hang').length,
    );
    app = await startApp({ connectors, clock });
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

  it('has one time limit for all that a request asks', async () => {
    const { id } = (await create()).body as { id: string };
    const source = app.nest.get(PlanSourceService);
    const listing = source.listing.bind(source);
    jest.spyOn(source, 'listing').mockImplementation(async (...given) => {
      const found = await listing(...given);
      clock.advance(12_000);
      return found;
    });
    for (const [action, body] of [
      ['plan', undefined],
      ['scope/plan', { config: {} }],
    ] as const) {
      clock.limits.length = 0;
      const { status } = await app.request('POST', `${path}/${id}/${action}`, { body });
      expect(status).toBeLessThan(300);
      const [first, second, ...more] = clock.limits;
      expect(first).toBeGreaterThan(19_000);
      expect(second).toBeLessThanOrEqual(8_000);
      expect(more).toEqual([]);
    }
  });

  it('leaves less than 30 s to a request that attaches and adopts', async () => {
    const adopts = jest.spyOn(AbortSignal, 'timeout');
    expect((await create()).status).toBe(201);
    const asked = clock.limits.map((ms) => ms + LAST_WORDS_MS);
    const given = adopts.mock.calls.map(([ms]) => ms);
    expect(asked).toHaveLength(2);
    const sum = (all: number[]) => all.reduce((one, other) => one + other, 0);
    expect(sum(asked) + sum(given)).toBeLessThan(29_500);
    adopts.mockRestore();
  });

  describe('because it is called too often', () => {
    const asked = async (...[method, url, body]: [string, string, unknown?]) => {
      const { status, headers, body: answer } = await app.request(method, url, { body });
      const wait = Number(headers.get('retry-after'));
      return { status, code: (answer as { code: string }).code, wait };
    };
    const tooOften = (method: string) =>
      simulator.faults.add({ match: { method }, do: 429, retry_after: 3000, times: null });
    const later = { status: 503, code: 'source_unavailable', wait: expect.closeTo(3000, -3) };

    it('is asked again after the time that it names', async () => {
      const { id } = (await create()).body as { id: string };
      tooOften('auth.test');
      tooOften('conversations.list');
      tooOften('users.conversations');
      expect(await asked('POST', `${path}/${id}/plan`)).toEqual(later);
      const partition = { partition: 'C1' };
      expect(await asked('POST', `${path}/${id}/dry-run`, partition)).toEqual(later);
      expect(await asked('POST', `${path}/${id}/scope/plan`, { config: {} })).toEqual(later);
    });

    it('is not attached, and a repeat under the same key asks again', async () => {
      tooOften('auth.test');
      const body = { provider: 'slack', credentials: credentials(), schedule: null };
      const headers = { 'idempotency-key': 'attach-once' };
      const first = await app.request('POST', path, { body, headers });
      expect(first).toMatchObject({ status: 503, body: { code: 'source_unavailable' } });
      expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(2000);
      const again = await app.request('POST', path, { body, headers });
      expect(again.headers.get('idempotency-replayed')).toBeNull();
    });
  });
});
