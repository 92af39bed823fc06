import { ManualClock } from '../common/clock.js';
import type { Database } from '../database/database.js';
import type { ApiKeysRepository } from './api-keys.repository.js';
import { KeyUsage } from './key-usage.js';

/** Takes the writes of `KeyUsage`, or fails them while `failing`. */
class Keys {
  failing = false;
  /** Runs while a write is under way. */
  meanwhile: () => void = () => undefined;
  readonly written: Record<string, string>[] = [];

  markUsed(_tx: unknown, used: ReadonlyMap<string, Date>): Promise<void> {
    this.meanwhile();
    if (this.failing) return Promise.reject(new Error('the database is away'));
    this.written.push(
      Object.fromEntries([...used].map(([id, at]) => [id, at.toISOString().slice(11, 19)])),
    );
    return Promise.resolve();
  }
}

function setUp(): { clock: ManualClock; keys: Keys; usage: KeyUsage } {
  const clock = new ManualClock();
  const keys = new Keys();
  const database = { asSystem: (work: (tx: unknown) => unknown) => work(null) };
  const usage = new KeyUsage(
    database as unknown as Database,
    keys as unknown as ApiKeysRepository,
    clock,
  );
  return { clock, keys, usage };
}

describe('KeyUsage', () => {
  it('writes each use once, and nothing where there was none', async () => {
    const { keys, usage } = setUp();
    usage.note('a');
    await usage.flush();
    await usage.flush();
    expect(keys.written).toEqual([{ a: '00:00:00' }]);
  });

  it('keeps what could not be written, unless the key was used again', async () => {
    const { clock, keys, usage } = setUp();
    usage.note('a');
    usage.note('b');
    clock.advance(1000);
    keys.failing = true;
    keys.meanwhile = () => usage.note('b');
    await expect(usage.flush()).rejects.toThrow('the database is away');
    keys.failing = false;
    keys.meanwhile = () => undefined;
    await usage.flush();
    expect(keys.written).toEqual([{ a: '00:00:00', b: '00:00:01' }]);
  });
});
