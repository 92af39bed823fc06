import { apiCall } from './api-call.js';
import type { Rates } from './api/rates.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;

async function start(rates: Rates, slowTier = false): Promise<void> {
  simulator = await startSlackSimulator({ messages: 40, channels: 1, rates, slowTier });
}

afterEach(() => simulator.close());

const status = async (method: string, token = simulator.token): Promise<number> =>
  (await apiCall(simulator, method, {}, token)).status;

describe('rate limits', () => {
  it('give each method its own budget, refilled with time', async () => {
    await start({ callsPerMinute: 60, burst: 2 });
    const made = [await status('auth.test'), await status('auth.test')];
    expect(made).toEqual([200, 200]);
    const refused = await apiCall(simulator, 'auth.test');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await status('team.info')).toBe(200);
    simulator.advance(1_000);
    expect(await status('auth.test')).toBe(200);
    expect(simulator.violations).toEqual([]);
  });

  it('allow exactly the calls of the budget to a caller that waits as told', async () => {
    await start({ callsPerMinute: 50, burst: 1 });
    let allowed = 0;
    const end = simulator.clock.ms() + 10 * 60_000;
    while (simulator.clock.ms() < end) {
      const answer = await apiCall(simulator, 'auth.test');
      if (answer.status === 200) allowed += 1;
      else simulator.advance(Number(answer.headers.get('retry-after')) * 1000);
      if (answer.status === 200) simulator.advance(1_200);
    }
    expect(allowed).toBe(500);
    expect(simulator.violations).toEqual([]);
  });

  it('note every call made inside Retry-After', async () => {
    await start({ 'auth.test': { callsPerMinute: 1, burst: 1 } });
    const made = [await status('auth.test'), await status('auth.test'), await status('auth.test')];
    expect(made).toEqual([200, 429, 429]);
    expect(simulator.violations).toMatchObject([{ kind: 'inside_retry_after' }]);
  });

  it('count per workspace, so that two tokens of one share a budget and others do not', async () => {
    await start({ callsPerMinute: 1 });
    const second = simulator.issueToken();
    const { token: foreign } = simulator.addWorkspace({ seed: 8, messages: 0 });
    const made = [await status('auth.test'), await status('auth.test', second)];
    expect(made).toEqual([200, 429]);
    expect(await status('auth.test', foreign)).toBe(200);
  });

  it('follow the documented tiers where asked to', async () => {
    await start('documented');
    const made: number[] = [];
    for (let i = 0; i < 21; i++) made.push(await status('users.list'));
    expect(made.filter((one) => one === 200)).toHaveLength(20);
    expect(made.at(-1)).toBe(429);
  });

  it('hold history at one call a minute and 15 objects for unlisted apps', async () => {
    await start(null, true);
    const channel = simulator.workspace.workspace.channel('general').id;
    const call = { channel, limit: '200' };
    const first = await apiCall(simulator, 'conversations.history', call);
    expect((first.body['messages'] as unknown[]).length).toBeLessThanOrEqual(15);
    expect(first.body['has_more']).toBe(true);
    const second = await apiCall(simulator, 'conversations.history', call);
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('60');
    expect(await status('users.list')).toBe(200);
    simulator.advance(60_000);
    expect((await apiCall(simulator, 'conversations.history', call)).status).toBe(200);
    expect(simulator.violations).toEqual([]);
  });
});
