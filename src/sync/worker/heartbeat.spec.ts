import { LEASE_SECONDS, LeaseLost, type ClaimedRun, type RunQueue } from '../../runs/run-queue.js';
import { RunStopped } from '../engine/run-stopped.js';
import { Heartbeat } from './heartbeat.js';

const RUN = { id: 'r-1' } as ClaimedRun;
const AWAY = new Error('the database is away');

type Answer = Error | { cancelRequested: boolean };

function setUp(): {
  heartbeat: Heartbeat;
  work: AbortController;
  warnings: object[];
  /** The queue's answer to the next beats. */
  answer: (next: Answer) => void;
  pass: (seconds: number) => void;
} {
  let now = 0;
  let next: Answer = { cancelRequested: false };
  const warnings: object[] = [];
  const work = new AbortController();
  const queue = {
    heartbeat: () => (next instanceof Error ? Promise.reject(next) : Promise.resolve(next)),
  };
  const heartbeat = new Heartbeat(queue as unknown as RunQueue, RUN, work, {
    warn: (fields) => warnings.push(fields),
    now: () => now,
  });
  return {
    heartbeat,
    work,
    warnings,
    answer: (given) => void (next = given),
    pass: (seconds) => void (now += seconds * 1000),
  };
}

describe('Heartbeat', () => {
  it('says once in a row of failures why the lease is not renewed, and goes on', async () => {
    const { heartbeat, work, warnings, answer, pass } = setUp();
    const fail = async (): Promise<void> => {
      answer(AWAY);
      pass(2);
      await heartbeat.beat();
    };
    await fail();
    await fail();
    expect(warnings).toEqual([{ msg: 'a heartbeat failed', run: 'r-1', error: AWAY }]);
    answer({ cancelRequested: false });
    await heartbeat.beat();
    await fail();
    expect(warnings).toHaveLength(2);
    expect(work.signal.aborted).toBe(false);
  });

  it('stops the work when the lease is over, and names what kept it from being renewed', async () => {
    const { heartbeat, work, answer, pass } = setUp();
    answer(AWAY);
    pass(LEASE_SECONDS + 1);
    await heartbeat.beat();
    expect(work.signal.reason).toMatchObject({ why: 'lease_lost', cause: AWAY });
  });

  it('stops the work at once when another worker has the run, without a warning', async () => {
    const { heartbeat, work, warnings, answer } = setUp();
    answer(new LeaseLost('r-1'));
    await heartbeat.beat();
    expect(work.signal.reason).toMatchObject({ why: 'lease_lost', cause: expect.any(LeaseLost) });
    expect(warnings).toEqual([]);
  });

  it('stops the work when somebody has cancelled the run', async () => {
    const { heartbeat, work, answer } = setUp();
    answer({ cancelRequested: true });
    await heartbeat.beat();
    expect(work.signal.reason).toBeInstanceOf(RunStopped);
    expect(work.signal.reason).toMatchObject({ why: 'cancelled' });
  });
});
