import { ManualClock } from '../common/clock.js';
import { KEPT_REQUESTS, RequestLog, type LoggedRequest, type RequestBatch } from './request-log.js';

const request = (target: string): LoggedRequest => ({
  ...{ at: new Date(0), method: 'users.list', target, outcome: 'ok', status: null, error: null },
  ...{ attempt: 1, durationMs: 5, waitMs: 0, retryAfterSeconds: null },
});

function bench() {
  const clock = new ManualClock();
  const batches: RequestBatch[] = [];
  const state = { broken: false };
  const log = new RequestLog(
    (batch) => {
      if (state.broken) return Promise.reject(new Error('no database'));
      batches.push(batch);
      return Promise.resolve();
    },
    () => clock.now(),
  );
  const targets = () => batches.map(({ requests }) => requests.map(({ target }) => target));
  return { clock, log, batches, state, targets };
}

describe('the request log in memory', () => {
  it('writes nothing for each call, and everything when it is flushed', async () => {
    const { log, targets } = bench();
    log.add(request('a'));
    log.add(request('b'));
    expect(targets()).toEqual([]);
    await log.flush();
    await log.flush();
    expect(targets()).toEqual([['a', 'b']]);
  });

  it('writes by itself every five seconds', async () => {
    const { clock, log, targets } = bench();
    log.add(request('a'));
    clock.advance(5000);
    log.add(request('b'));
    log.add(request('c'));
    await log.flush();
    expect(targets()).toEqual([['a', 'b'], ['c']]);
  });

  it('keeps the newest and counts what it drops', async () => {
    const { log, batches } = bench();
    for (let n = 1; n <= 3 * KEPT_REQUESTS + 7; n += 1) log.add(request(String(n)));
    await log.flush();
    expect(batches).toHaveLength(1);
    expect(batches[0]!.dropped).toBe(2 * KEPT_REQUESTS + 7);
    expect(batches[0]!.requests.map(({ target }) => Number(target))).toEqual(
      Array.from({ length: KEPT_REQUESTS }, (_, n) => 2 * KEPT_REQUESTS + 8 + n),
    );
  });

  it('keeps what could not be written, and tells of it at the end', async () => {
    const { clock, log, state, targets } = bench();
    state.broken = true;
    clock.advance(5000);
    log.add(request('a'));
    await expect(log.flush()).rejects.toThrow('no database');
    state.broken = false;
    log.add(request('b'));
    await log.flush();
    expect(targets()).toEqual([['a', 'b']]);
  });
});
