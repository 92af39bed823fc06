import { startApp, type TestApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

const path = '/v1/memory/collections';

describe('rate limits', () => {
  let app: TestApp;
  const clock = new ShiftedClock();
  beforeAll(async () => {
    const plans = JSON.stringify({ tiny: { requestsPerMinute: 3 } });
    app = await startApp({ clock, env: { TRIBUTARY_PLANS: plans } });
  });
  afterAll(() => app.close());

  it('show on every answer how much is left, and answer 429 when nothing is', async () => {
    const { apiKey: key } = await app.newTenant('small', 'tiny');
    const left = [];
    for (const given of ['', '?limit=0', '']) {
      const answer = await app.request('GET', path + given, { key });
      expect(answer.headers.get('ratelimit-limit')).toBe('3');
      left.push([answer.status, answer.headers.get('ratelimit-remaining')]);
    }
    expect(left).toEqual([
      [200, '2'],
      [422, '1'],
      [200, '0'],
    ]);
    const asked = clock.now().getTime() / 1000;
    const refused = await app.request('GET', path, { key });
    const answered = clock.now().getTime() / 1000;
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    const reset = Number(refused.headers.get('ratelimit-reset'));
    expect(reset - wait).toBeGreaterThan(asked - 2);
    expect(reset - wait).toBeLessThan(answered + 2);

    clock.advance(wait * 1000);
    const again = await app.request('GET', path, { key });
    expect([again.status, again.headers.get('ratelimit-remaining')]).toEqual([200, '2']);
  });

  it('count per tenant, whichever key asks', async () => {
    const a = await app.newTenant('a', 'tiny');
    const b = await app.newTenant('b', 'tiny');
    const second = await app.newKey({ name: 'second' }, a.apiKey);
    await app.request('GET', path, { key: a.apiKey });
    const third = await app.request('GET', path, { key: second.apiKey });
    expect(third.headers.get('ratelimit-remaining')).toBe('0');
    const other = await app.request('GET', path, { key: b.apiKey });
    expect(other.headers.get('ratelimit-remaining')).toBe('2');
  });

  it('are on refusals for lack of a scope too', async () => {
    const reader = await app.newKey({ name: 'reader', scopes: ['memory:read'] });
    const refused = await app.request('DELETE', `${path}/x`, { key: reader.apiKey });
    expect(refused.status).toBe(403);
    expect(refused.headers.has('ratelimit-limit')).toBe(true);
  });

  it('show 2147483647 where the plan has none', async () => {
    const { headers } = await app.request('GET', path);
    expect(headers.get('ratelimit-limit')).toBe('2147483647');
    expect(headers.get('ratelimit-remaining')).toBe('2147483647');
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(clock.now().getTime() / 1000);
  });
});
