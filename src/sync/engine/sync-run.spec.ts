import { filesConnector } from '../../../connectors/files/files.connector.js';
import type { Partition } from '../../../connectors/sdk/contract.js';
import { unpacedCalls } from '../../../connectors/sdk/unpaced-calls.js';
import { rehearsal } from '../dry-run/rehearsal.js';

describe('progress of a run', () => {
  const now = () => new Date('2026-05-08T00:00:00Z');
  const { signal } = new AbortController();
  const run = () =>
    rehearsal(
      'tenant',
      filesConnector({ roots: [] }),
      {
        ...{ config: {}, signal, interval: null, run: null, full: false, countCall: () => {} },
        credentials: { get: () => Promise.resolve({}), update: () => Promise.resolve() },
        logger: { debug: () => {}, info: () => {}, warn: () => {} },
        clock: { now, sleep: () => Promise.resolve() },
        calls: unpacedCalls(now, signal),
      },
      {
        ...{ provider: 'files', account: 'account', connection: 'connection', containerTag: null },
        collection: { id: 'collection', name: 'notes', spaceId: 1, model: 'model', dimensions: 4 },
      },
      now,
    );
  const partition = (key: string, expected?: number | null, more: Partial<Partition> = {}) => ({
    ...{ key, title: key, expected },
    ...more,
  });
  const none = new Map<string, number>();

  it('has no total before the partitions are listed, or when there are none', () => {
    const sync = run();
    sync.expect('a', 7);
    expect(sync.progress.expected).toBeNull();
    sync.willRead([], none);
    expect(sync.progress.expected).toBeNull();
  });

  it('has a total as soon as every partition that is read has a number', () => {
    const sync = run();
    sync.willRead(
      [partition('a', 3), partition('b'), partition('c', null, { skipReason: 'not shared' })],
      none,
    );
    expect(sync.progress.expected).toBeNull();
    sync.expect('b', 4);
    expect(sync.progress.expected).toBe(7);
    sync.expect('b', null);
    sync.expect('a', 5);
    expect(sync.progress.expected).toBe(9);
  });

  it('knows from earlier attempts what their pages said', () => {
    const sync = run();
    sync.willRead([partition('a'), partition('b', 2)], new Map(Object.entries({ a: 5, b: 9 })));
    expect(sync.progress.expected).toBe(7);
  });

  it('never has a total below what is done', () => {
    const sync = run();
    sync.willRead([partition('a', 3)], none);
    expect(sync.report({}, 5).progress).toMatchObject({ done: 5, expected: 5 });
  });
});
