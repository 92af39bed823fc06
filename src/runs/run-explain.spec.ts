import { causesOf } from './run-explain.js';
import type { RunFacts } from './run-explain-facts.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

type Run = RunFacts['run'];

function facts(run: Partial<Run>, more: Partial<RunFacts> = {}): RunFacts {
  return {
    run: {
      ...{ id: 'r', tenant_id: 't', connection_id: 'c', provider: 'slack', trigger: 'manual' },
      ...{ priority: 30, state: 'queued', options: {}, run_at: later(-1), lease_token: null },
      ...{ lease_until: null, lease_owner: null, attempt: 1, cancel_requested: false },
      ...{ waiting: null, counts: {}, timings: {}, progress: {}, held_deletions: null },
      ...{ error: null, error_detail: null, created_at: later(-60), started_at: null },
      ...{ finished_at: null, updated_at: later(-3) },
      ...run,
    },
    now: NOW,
    connection: { id: 'c', name: 'Team', account_id: 'T1', status: 'active', status_reason: null },
    lastCall: null,
    budgets: [],
    queue: {
      ...{ ahead: 0, running: 0, running_of_tenant: 0, running_of_provider: 0, caps_reached: [] },
    },
    gaps: [],
    openFailures: 0,
    ...more,
  };
}

const parked = (reason: string, error: string | null = null): Partial<Run> => ({
  state: 'waiting',
  run_at: later(48),
  waiting: { reason, until: later(48).toISOString() },
  error,
});
const working: Partial<Run> = {
  state: 'running',
  lease_owner: 'host:1',
  lease_until: later(5),
  started_at: later(-50),
};

describe('why a run stands where it stands', () => {
  it('says for which method and until when it waits', () => {
    const [cause] = causesOf(facts(parked('rate_limited:conversations.history')));
    expect(cause).toEqual({
      code: 'rate_limited',
      message:
        'Waiting for slack until 2026-03-01 12:00:48 UTC (48 s): ' +
        'conversations.history may not be called before.',
      until: later(48).toISOString(),
      action: null,
    });
  });

  it.each(['upstream', 'embedder', 'database', 'disk', 'encryption_keys'])(
    'says what to do about %s, with what it said',
    (reason) => {
      const [cause] = causesOf(facts(parked(reason, 'It broke.')));
      expect(cause).toMatchObject({ code: reason, until: later(48).toISOString() });
      expect(cause!.message).toContain('It broke.');
      expect(cause!.action).toEqual(expect.any(String));
    },
  );

  it('passes on a reason that it does not know', () => {
    const [cause] = causesOf(facts(parked('new_reason:method')));
    expect(cause).toMatchObject({ code: 'new_reason', until: later(48).toISOString() });
  });

  it('names other methods that may not be called, but not the waited for one again', () => {
    const blocked = (method: string) => ({
      ...{ method, calls_per_minute: 1, available: 0, blocked_until: later(90) },
    });
    const codes = causesOf(
      facts(parked('rate_limited:a'), { budgets: [blocked('a'), blocked('b')] }),
    ).map(({ code, message }) => [code, /no (\w+) before/.exec(message)?.[1]]);
    expect(codes).toEqual([
      ['rate_limited', undefined],
      ['method_blocked', 'b'],
    ]);
  });

  const queued = (queue: Partial<NonNullable<RunFacts['queue']>>, due = -30) =>
    causesOf(facts({ run_at: later(due) }, { queue: { ...facts({}).queue!, ...queue } }))[0]!;

  it('counts what stands before it in the queue', () => {
    expect(queued({ ahead: 1 }).message).toContain('1 run is taken before it');
    expect(queued({ ahead: 7 }).message).toContain('7 runs are taken before it');
  });

  it('tells caps, busy workers and missing workers apart', () => {
    expect(queued({ ahead: 3, caps_reached: ['tenant'] }).code).toBe('cap_reached');
    expect(queued({ running: 2 })).toMatchObject({ code: 'queued' });
    expect(queued({ running: 2 }).message).toContain('all slots');
    expect(queued({}).code).toBe('no_worker');
    expect(queued({}, -2).code).toBe('queued');
  });

  it('says who works on it, since when nothing came of it, and on which call', () => {
    const lastCall = {
      ...{ method: 'conversations.replies', target: 'C1', outcome: 'ok' },
      ...{ status: null, error: null, at: later(-4) },
    };
    const [cause] = causesOf(facts(working, { lastCall }));
    expect(cause).toMatchObject({ code: 'working', until: null });
    expect(cause!.message).toContain('host:1');
    expect(cause!.message).toContain('3 s ago');
    expect(cause!.message).toContain('conversations.replies (ok), 4 s ago');
  });

  it('knows a worker that is gone and a run that was asked to stop', () => {
    expect(causesOf(facts({ ...working, lease_until: later(-2) }))[0]!.code).toBe('worker_lost');
    expect(causesOf(facts({ ...working, cancel_requested: true }))[0]!.code).toBe('cancelling');
  });

  it('says what an ended run has left open', () => {
    const partial: Partial<Run> = { state: 'partial' };
    const gaps = [1, 2, 3, 4].map((n) => ({ title: `#${n}`, lane: 'sweep', reason: 'cut' }));
    const causes = causesOf(facts(partial, { gaps, openFailures: 2 }));
    expect(causes.map(({ code }) => code)).toEqual(['incomplete', 'failed_items']);
    expect(causes[0]!.message).toContain('"#3": cut and 1 more');
    expect(causesOf(facts({ state: 'success' }))[0]!.code).toBe('done');
    expect(causesOf(facts({ state: 'cancelled' }))[0]!.code).toBe('cancelled');
    const error_detail = { code: 'invalid_auth', message: 'no', retryable: false };
    expect(causesOf(facts({ state: 'error', error: 'no', error_detail }))[0]).toMatchObject({
      ...{ code: 'invalid_auth', message: 'The run failed: no' },
    });
  });

  it.each([
    ['needs_auth', 'needs_auth'],
    ['paused', 'paused'],
    ['error', 'connection_error'],
  ])('says that the connection is %s', (status, code) => {
    const connection = { ...facts({}).connection, status, status_reason: 'token revoked' };
    const cause = causesOf(facts({ state: 'success' }, { connection })).at(-1)!;
    expect(cause.code).toBe(code);
    expect(cause.message).toContain('token revoked');
  });

  it('says that deletions wait for a person', () => {
    const held_deletions = { count: 80, partitions: ['C1'], since: NOW.toISOString() };
    const causes = causesOf(facts({ state: 'partial', held_deletions }));
    expect(causes.map(({ code }) => code)).toContain('deletions_held');
  });
});
