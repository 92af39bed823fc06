import type { CallFault, SourceCall } from './calls.js';
import { RateLimitedError, TransientSourceError } from './errors.js';
import { MemoryRateBudgets } from './memory-rate-budgets.js';
import { pacedCalls, type ObservedAttempt } from './paced-calls.js';

const METHOD = 'conversations.history';
const START = Date.parse('2026-01-01T00:00:00Z');

class Refused extends Error {
  constructor(readonly fault: CallFault) {
    super('refused');
  }
}

const transient = (more: { retryAfterSeconds?: number; status?: number } = {}): CallFault => ({
  ...{ kind: 'transient', code: 'upstream_error', message: 'Slack is unwell', ...more },
});
const limited = (seconds: number | null): CallFault => ({
  kind: 'rate_limited',
  retryAfterSeconds: seconds,
});

/** A source that answers the given faults one after the other, then `done`. */
function bench(...faults: CallFault[]) {
  let time = START;
  const stop = new AbortController();
  const clock = {
    now: () => new Date(time),
    sleep: (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      time += ms;
      return Promise.resolve();
    },
  };
  const seen: ObservedAttempt[] = [];
  const budgets = new MemoryRateBudgets(clock.now);
  const calls = pacedCalls({
    ...{ budgets, clock, signal: stop.signal, random: () => 0.999_999 },
    observe: (attempt) => void seen.push(attempt),
  });
  const startedAt: number[] = [];
  const call: SourceCall<string> = {
    method: METHOD,
    target: 'C1',
    run: () => {
      startedAt.push((time - START) / 1000);
      time += 10;
      const fault = faults.shift();
      return fault ? Promise.reject(new Refused(fault)) : Promise.resolve('done');
    },
    classify: (error) => (error as Refused).fault,
  };
  return { calls, call, budgets, clock, stop, seen, startedAt, elapsed: () => time - START };
}

describe('paced calls', () => {
  it('calls once when that works, and says so', async () => {
    const { calls, call, seen } = bench();
    expect(await calls.call(call)).toBe('done');
    expect(seen).toEqual([
      {
        ...{ method: METHOD, target: 'C1', at: new Date(START), attempt: 1, outcome: 'ok' },
        ...{ status: null, message: null, durationMs: 10, waitMs: 0, retryAfterSeconds: null },
      },
    ]);
  });

  it('tries again what may work then, after pauses that grow', async () => {
    const { calls, call, seen, startedAt } = bench(transient({ status: 503 }), transient());
    expect(await calls.call(call)).toBe('done');
    expect(startedAt).toEqual([0, 0.51, 1.52]);
    expect(seen.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['transient', 503],
      ['transient', null],
      ['ok', null],
    ]);
    expect(seen.map(({ attempt, waitMs }) => [attempt, waitMs])).toEqual([
      [1, 0],
      [2, 500],
      [3, 1000],
    ]);
  });

  it('gives up after four faults, with the last one as the cause', async () => {
    const { calls, call, seen } = bench(...Array.from({ length: 9 }, () => transient()));
    const error: unknown = await calls.call(call).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientSourceError);
    expect(error).toMatchObject({ code: 'upstream_error', retryAfterSeconds: undefined });
    expect((error as Error).cause).toBeInstanceOf(Refused);
    expect(seen).toHaveLength(4);
  });

  it('gives up when the whole call takes too long, however few the faults', async () => {
    const { calls, call, clock, seen } = bench(transient(), transient());
    const slow = {
      ...call,
      run: (signal: AbortSignal) => clock.sleep(40_000).then(() => call.run(signal)),
    };
    await expect(calls.call(slow)).rejects.toBeInstanceOf(TransientSourceError);
    expect(seen).toHaveLength(2);
  });

  it('waits a short Retry-After of an unwell source, and parks on a long one', async () => {
    const short = bench(transient({ retryAfterSeconds: 3 }));
    expect(await short.calls.call(short.call)).toBe('done');
    expect(short.startedAt[1]).toBeGreaterThanOrEqual(3.01);
    const long = bench(transient({ retryAfterSeconds: 90 }));
    const call = long.calls.call(long.call);
    await expect(call).rejects.toMatchObject({ code: 'upstream_error', retryAfterSeconds: 90 });
    expect(long.seen).toHaveLength(1);
    await expect(long.calls.call(long.call)).rejects.toBeInstanceOf(RateLimitedError);
    expect(long.seen).toHaveLength(1);
  });

  it('throws what is fatal as it is, at once', async () => {
    const error = new Error('channel_not_found');
    const { calls, call, seen } = bench({ kind: 'fatal', error, status: 404 });
    await expect(calls.call(call)).rejects.toBe(error);
    expect(seen).toMatchObject([{ outcome: 'fatal', status: 404, message: 'channel_not_found' }]);
  });

  it('waits a short Retry-After in place', async () => {
    const { calls, call, startedAt, seen } = bench(limited(2));
    expect(await calls.call(call)).toBe('done');
    expect(startedAt).toEqual([0, 2.01]);
    expect(seen[0]).toMatchObject({ outcome: 'rate_limited', retryAfterSeconds: 2 });
  });

  it('parks on a long one for all of it, and calls nothing meanwhile', async () => {
    const { calls, call, clock, startedAt } = bench(limited(30));
    const until = new Date(START + 30_010);
    await expect(calls.call(call)).rejects.toMatchObject({ until, method: METHOD });
    await clock.sleep(10_000);
    await expect(calls.call(call)).rejects.toMatchObject({ until });
    expect(startedAt).toHaveLength(1);
    await clock.sleep(20_000);
    expect(await calls.call(call)).toBe('done');
  });

  it('parks in the end when short pauses do not help', async () => {
    const { calls, call, seen } = bench(...Array.from({ length: 9 }, () => limited(1)));
    await expect(calls.call(call)).rejects.toBeInstanceOf(RateLimitedError);
    expect(seen).toHaveLength(4);
  });

  it('pauses longer each time a source refuses without saying for how long', async () => {
    const { calls, call, startedAt } = bench(limited(null), limited(null), limited(null));
    await expect(calls.call(call)).rejects.toBeInstanceOf(RateLimitedError);
    expect(startedAt.map(Math.round)).toEqual([0, 2, 6]);
  });

  it('waits its turn in a known budget, and parks when that is far away', async () => {
    const { calls, call, elapsed, seen } = bench();
    await calls.limit(METHOD, { callsPerMinute: 20 });
    expect(await calls.budget(METHOD)).toEqual({ callsPerMinute: 20 });
    expect(await calls.call(call)).toBe('done');
    expect(elapsed()).toBe(3010);
    expect(seen[0]).toMatchObject({ waitMs: 3000 });
    await calls.limit(METHOD, { callsPerMinute: 1 });
    await expect(calls.call(call)).rejects.toBeInstanceOf(RateLimitedError);
    await calls.limit(METHOD, null);
    expect(await calls.budget(METHOD)).toBeNull();
    expect(await calls.call(call)).toBe('done');
  });

  it('ends at once when it is aborted: before, during and between attempts', async () => {
    const reason = new Error('drained');
    const before = bench();
    before.stop.abort(reason);
    await expect(before.calls.call(before.call)).rejects.toBe(reason);
    expect(before.seen).toEqual([]);

    const during = bench();
    const hanging: SourceCall<string> = {
      ...during.call,
      run: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('socket closed')));
          during.stop.abort(reason);
        }),
    };
    await expect(during.calls.call(hanging)).rejects.toBe(reason);
    expect(during.seen).toMatchObject([{ outcome: 'aborted' }]);

    const between = bench(limited(3));
    const stopping: SourceCall<string> = {
      ...between.call,
      classify: (error) => {
        between.stop.abort(reason);
        return between.call.classify(error);
      },
    };
    await expect(between.calls.call(stopping)).rejects.toBe(reason);
    expect(between.startedAt).toHaveLength(1);
  });
});
