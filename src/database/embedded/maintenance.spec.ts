import { ManualClock } from '../../common/clock.js';
import { Maintenance } from './maintenance.js';

const MB = 1024 * 1024;

function setUp(): {
  clock: ManualClock;
  commands: string[];
  maintenance: Maintenance;
  write: (bytes: number) => void;
} {
  const clock = new ManualClock();
  const commands: string[] = [];
  let written = 1;
  const run = (sql: string): Promise<Record<string, unknown>[]> => {
    if (sql.includes('wal_lsn')) return Promise.resolve([{ bytes: written }]);
    if (sql.trim().startsWith('select')) return Promise.resolve([{ name: 'memories' }]);
    commands.push(sql);
    return Promise.resolve([]);
  };
  const onError = (error: unknown): void => {
    throw error;
  };
  const maintenance = new Maintenance(run, clock, onError);
  return { clock, commands, maintenance, write: (bytes) => (written += bytes) };
}

describe('Maintenance', () => {
  it('checkpoints after 64 MB without waiting for the minute', async () => {
    const { commands, maintenance, write } = setUp();
    await maintenance.tick();
    expect(commands).toEqual([]);
    write(64 * MB);
    await maintenance.tick();
    expect(commands).toEqual(['CHECKPOINT']);
    await maintenance.tick();
    expect(commands).toEqual(['CHECKPOINT']);
  });

  it('checkpoints and analyses after a minute, and checkpoints no idle database', async () => {
    const { clock, commands, maintenance } = setUp();
    clock.advance(60_000);
    await maintenance.tick();
    expect(commands).toEqual(['CHECKPOINT', 'ANALYZE memories']);
    clock.advance(60_000);
    await maintenance.tick();
    expect(commands.filter((command) => command === 'CHECKPOINT')).toHaveLength(1);
  });

  it('vacuums after ten minutes', async () => {
    const { clock, commands, maintenance } = setUp();
    clock.advance(600_000);
    await maintenance.tick();
    expect(commands).toContain('VACUUM (ANALYZE) memories');
  });

  it('goes on when the clock was set back', async () => {
    const { clock, commands, maintenance } = setUp();
    clock.advance(-86_400_000);
    await maintenance.tick();
    expect(commands).toEqual(
      expect.arrayContaining(['CHECKPOINT', 'ANALYZE memories', 'VACUUM (ANALYZE) memories']),
    );
    commands.length = 0;
    await maintenance.tick();
    expect(commands).toEqual([]);
  });

  it('starts nothing beside a round under way and stops after it', async () => {
    let task: () => void = () => undefined;
    let cancelled = false;
    let finish: (rows: Record<string, unknown>[]) => void = () => undefined;
    let calls = 0;
    const run = (): Promise<Record<string, unknown>[]> => {
      calls += 1;
      return new Promise((resolve) => (finish = resolve));
    };
    const maintenance = new Maintenance(run, new ManualClock(), () => undefined);
    maintenance.start({
      every: (_ms, given) => {
        task = given;
        return () => (cancelled = true);
      },
    });
    task();
    task();
    expect(calls).toBe(1);
    let stopped = false;
    const stopping = maintenance.stop().then(() => (stopped = true));
    await Promise.resolve();
    expect(stopped).toBe(false);
    finish([{ bytes: 0 }]);
    await stopping;
    expect(cancelled).toBe(true);
  });

  it('reports what fails', async () => {
    const errors: unknown[] = [];
    let task: () => void = () => undefined;
    const broken = new Error('no space');
    const maintenance = new Maintenance(
      () => Promise.reject(broken),
      new ManualClock(),
      (error) => errors.push(error),
    );
    maintenance.start({
      every: (_ms, given) => {
        task = given;
        return () => undefined;
      },
    });
    task();
    await maintenance.stop();
    expect(errors).toEqual([broken]);
  });
});
