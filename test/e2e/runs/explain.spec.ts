import { randomUUID } from 'node:crypto';
import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { LEASE_SECONDS } from '../../../src/runs/run-queue.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually, Gate } from '../../support/eventually.js';
import { scripted } from '../../support/scripted-source.js';
import { ScriptedApp } from './scripted-app.js';

const RUNS = '/v1/memory/runs';

describeOnOneDatabase('a run explains itself', (open) => {
  let bench: ScriptedApp;

  beforeAll(async () => {
    bench = await ScriptedApp.start(await open());
  });
  afterAll(() => bench.app.close());
  beforeEach(() => bench.attach());
  afterEach(() => bench.detach());

  const explain = async (id: string) => (await bench.request('GET', `${RUNS}/${id}/explain`)).body;

  it('while a worker has it: who, and how fresh the heartbeat is', async () => {
    const gate = new Gate();
    bench.source.sweep = [{ documents: [scripted('a', 'One.')], before: () => gate.pass() }];
    const id = await bench.ask();
    await gate.reached;
    try {
      // After a stall the next heartbeat makes it fresh again.
      const told = await eventually('a fresh lease', async () => {
        const now = await explain(id);
        return now.lease?.expired === false ? now : undefined;
      });
      expect(told).toMatchObject({ run_id: id, status: 'running', queue: null });
      expect(told.lease).toMatchObject({ owner: expect.any(String), expired: false });
      expect(told.lease.heartbeat_age_seconds).toBeLessThan(LEASE_SECONDS);
      expect(told.causes[0].code).toBe('working');
      expect(told.summary).toBe(told.causes[0].message);
    } finally {
      gate.open();
    }
    expect(await bench.settled(id)).toMatchObject({ status: 'success' });
    expect(await explain(id)).toMatchObject({
      ...{ status: 'success', lease: null, queue: null, budgets: [], last_call: null },
      causes: [{ code: 'done' }],
    });
  });

  it('while it is parked: for which method, and until when', async () => {
    const until = new Date(Date.now() + 3_600_000);
    bench.source.sweep = [
      {
        before: () => {
          throw new RateLimitedError('enough', until, 'list');
        },
      },
    ];
    const { id } = await bench.sync();
    const told = await explain(id);
    expect(told).toMatchObject({
      ...{ status: 'waiting', lease: null, waiting: { reason: 'rate_limited:list' } },
      causes: [{ code: 'rate_limited', action: null }],
    });
    expect(Math.abs(Date.parse(told.causes[0].until) - until.getTime())).toBeLessThan(600_000);
    expect(told.summary).toContain('list may not be called before');
  });

  it('while it stands in the queue: how many are taken before it', async () => {
    const { id } = await bench.sync();
    const [run] = await bench.sql<{ tenant_id: string }>(
      `update runs set state = 'queued', finished_at = null, run_at = now() + interval '1 hour'
       where id = $1 returning tenant_id`,
      [id],
    );
    expect(run).toBeDefined();
    const told = await explain(id);
    expect(told.queue).toMatchObject({ ahead: 0, caps_reached: [] });
    expect(told.causes[0]).toMatchObject({ code: 'scheduled' });
    await bench.sql(`update runs set state = 'cancelled', finished_at = now() where id = $1`, [id]);
  });

  it('names the last call and what is left of a budget', async () => {
    const until = new Date(Date.now() + 3_600_000);
    bench.source.sweep = [
      {
        before: () => {
          throw new RateLimitedError('enough', until, 'list');
        },
      },
    ];
    const { id } = await bench.sync();
    await bench.sql(
      `insert into run_requests (run_id, number, tenant_id, at, method, target, outcome, status,
         attempt, duration_ms, wait_ms)
       select id, 1, tenant_id, now(), 'list', 'C1', 'ok', null, 1, 12, 0 from runs where id = $1`,
      [id],
    );
    expect(await explain(id)).toMatchObject({
      last_call: { method: 'list', target: 'C1', outcome: 'ok', status: null, error: null },
    });
  });

  it('names what was not listed to its end, and the state of the connection', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.')], gap: 'a part is missing' }];
    const { id } = await bench.sync();
    await bench.request('POST', `/v1/memory/connections/${bench.connection}/pause`);
    const told = await explain(id);
    const codes = told.causes.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(['incomplete', 'paused']);
    expect(told.causes[0].message).toContain('a part is missing');
    expect(told.connection).toMatchObject({ id: bench.connection, status: 'paused' });
  });

  it('is not there for a run that is not', async () => {
    const missing = await bench.request('GET', `${RUNS}/${randomUUID()}/explain`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
  });
});
