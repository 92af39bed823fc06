import { ManualClock } from '../../common/clock.js';
import type { Database } from '../../database/database.js';
import { StatsFolder } from './stats-folder.js';
import type { TermStatisticsRepository } from './term-statistics.repository.js';

/** Transactions that take as long as given and fold as much as they may, but for the last one. */
function folding(mode: 'embedded' | 'server', ...lengths: number[]) {
  const clock = new ManualClock();
  const pauses = jest.spyOn(clock, 'sleep');
  const database = { mode, asSystem: (work: () => unknown) => work() } as unknown as Database;
  const fold = (_tx: unknown, _collection: string, limit: number): Promise<number> => {
    clock.advance(lengths.shift()!);
    return Promise.resolve(lengths.length > 0 ? limit : 0);
  };
  const statistics = { fold } as unknown as TermStatisticsRepository;
  return { folder: new StatsFolder(database, statistics, clock), pauses };
}

describe('folding statistics', () => {
  it('leaves most of the only session to others, and is not kept from ending', async () => {
    const { folder, pauses } = folding('embedded', 200, 300, 5_000, 0);
    await folder.fold('notes');
    expect(pauses.mock.calls.map(([ms]) => ms)).toEqual([600, 900, 2_000]);
  });

  it('does not rest on a server, where nobody waits for it', async () => {
    const { folder, pauses } = folding('server', 200, 300, 0);
    await folder.fold('notes');
    expect(pauses).not.toHaveBeenCalled();
  });

  it('ends between two transactions when it is stopped', async () => {
    const { folder, pauses } = folding('embedded', 200, 300, 0);
    const stop = new AbortController();
    pauses.mockImplementation((_, signal) => {
      stop.abort(new Error('stopped'));
      return Promise.reject(signal!.reason as Error);
    });
    await expect(folder.fold('notes', stop.signal)).rejects.toThrow('stopped');
    expect(pauses).toHaveBeenCalledTimes(1);
  });
});
