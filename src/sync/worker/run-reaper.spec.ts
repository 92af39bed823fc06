import type { EntityManager } from 'typeorm';
import type { Config } from '../../config/config.js';
import type { ConnectionsService } from '../../connections/connections.service.js';
import type { BackgroundDatabase } from '../../database/background-database.js';
import type { RunQueue } from '../../runs/run-queue.js';
import type { RunWakeup } from '../../runs/run-wakeup.js';
import { RunReaper } from './run-reaper.js';

describe('RunReaper', () => {
  let looks: number;
  let spared: readonly string[];
  let now: number;
  let reaper: RunReaper;

  beforeEach(() => {
    looks = 0;
    now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const reap = (_tx: EntityManager, alive: readonly string[]): Promise<[]> => {
      looks += 1;
      spared = alive;
      return Promise.resolve([]);
    };
    const asSystem = <T>(work: (tx: EntityManager) => T): T => work({} as EntityManager);
    reaper = new RunReaper(
      { role: 'all' } as Config,
      { asSystem } as unknown as BackgroundDatabase,
      { reap } as unknown as RunQueue,
      {} as ConnectionsService,
      {} as RunWakeup,
    );
  });
  afterEach(() => jest.restoreAllMocks());

  /** How often it has looked for dead workers after ticks that came so long after each other. */
  const afterTicks = async (...gaps: number[]): Promise<number> => {
    for (const gap of gaps) {
      now += gap;
      await reaper.tick();
    }
    return looks;
  };

  it('looks for dead workers with each tick', async () => {
    expect(await afterTicks(1000, 1100, 1900)).toBe(3);
  });

  it('lets the heartbeats of its own process go first after that has stood still', async () => {
    expect(await afterTicks(1000, 7000)).toBe(1);
    expect(await afterTicks(1000)).toBe(2);
  });

  it('spares what its own process works on, however late the heartbeats are', async () => {
    const letGo = reaper.spare('token-1');
    reaper.spare('token-2');
    await afterTicks(8000, 8000, 8000);
    expect(spared).toEqual(['token-1', 'token-2']);
    letGo();
    await afterTicks(1000);
    expect(spared).toEqual(['token-2']);
  });

  it('looks with every second tick where each comes late', async () => {
    expect(await afterTicks(3000, 3000, 3000, 3000)).toBe(2);
  });
});
