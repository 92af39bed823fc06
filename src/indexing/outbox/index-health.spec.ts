import { Logger } from '@nestjs/common';
import { ManualClock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { Secret } from '../../common/secret.js';
import type { Config } from '../../config/config.js';
import type { Metrics } from '../../metrics/metrics.js';
import { IndexHealth } from './index-health.js';

const down = (reason = 'ECONNREFUSED') => new AppError('index_unavailable', reason);

describe('IndexHealth', () => {
  let health: IndexHealth;
  let clock: ManualClock;
  let told: boolean[];
  let logged: jest.SpyInstance[];

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    logged = (['error', 'warn'] as const).map((level) =>
      jest.spyOn(Logger.prototype, level).mockImplementation(),
    );
    const metrics = { indexTried: (up: boolean) => told.push(up) } as unknown as Metrics;
    const config = { qdrantApiKey: new Secret('of-this-installation') } as unknown as Config;
    health = new IndexHealth(metrics, config, clock);
  });
  afterEach(() => jest.restoreAllMocks());

  it('knows nothing bad before the first attempt', () => {
    expect(health.state).toEqual({ reachable: true, error: null, since: null, lastOk: null });
    expect(told).toEqual([]);
  });

  it('tells of an outage from its first failure until the answer, and logs both once', () => {
    health.answered('look');
    const lastOk = clock.now();
    clock.advance(1000);
    const since = clock.now();
    expect(health.failed('look', down())).toBe(true);
    clock.advance(1000);
    health.failed('look', down('ETIMEDOUT'));
    expect(health.state).toEqual({ reachable: false, error: 'ETIMEDOUT', since, lastOk });
    health.answered('look');
    health.answered('look');
    expect(health.state).toMatchObject({ reachable: true, error: null, lastOk: clock.now() });
    expect(told).toEqual([true, false, false, true, true]);
    expect(logged.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('is down while writes fail, whatever looks say', () => {
    health.failed('apply', down('No space left on device'));
    health.answered('look');
    expect(health.state.reachable).toBe(false);
    health.answered('apply');
    expect(health.state.reachable).toBe(true);
  });

  it('is up once looks are answered and nothing is left to be written', () => {
    health.failed('apply', down());
    health.idle('apply');
    expect(health.state.reachable).toBe(false);
    health.answered('look');
    expect(health.state.reachable).toBe(true);
  });

  it('is up once others are answered and nobody has repeated a failure for long', () => {
    health.failed('search', down());
    clock.advance(29_000);
    health.answered('look');
    expect(health.state.reachable).toBe(false);
    clock.advance(1000);
    health.answered('look');
    expect(health.state.reachable).toBe(true);
  });

  it('expects an answer for whoever was answered in an outage, until it is not', () => {
    expect(health.mayAnswer('search')).toBe(true);
    health.failed('look', down());
    expect(health.mayAnswer('search')).toBe(false);
    health.answered('search');
    expect([health.state.reachable, health.mayAnswer('search')]).toEqual([false, true]);
    health.failed('search', down());
    expect(health.mayAnswer('search')).toBe(false);
    health.answered('search');
    health.answered('look');
    health.failed('look', down());
    expect(health.mayAnswer('search')).toBe(false);
  });

  it('is not down because of other errors, which it leaves to the caller', () => {
    expect(health.failed('apply', new Error('the database is gone'))).toBe(false);
    expect(health.state.reachable).toBe(true);
  });

  it('keeps the key of Qdrant to itself', () => {
    health.failed('look', down('wrong key of-this-installation'));
    expect(health.state.error).toBe('wrong key [secret]');
    expect(JSON.stringify(logged[0]!.mock.calls)).not.toContain('of-this-installation');
  });
});
