import { randomUUID } from 'node:crypto';
import type { Partition } from '../../../connectors/sdk/contract.js';
import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { RunsRepository } from '../../../src/runs/runs.repository.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually, Gate } from '../../support/eventually.js';
import { scripted } from '../../support/scripted-source.js';
import { openEvents, type EventStream } from './event-stream.js';
import { ScriptedApp } from './scripted-app.js';

describeOnOneDatabase('events of a run', (open) => {
  let scriptedApp: ScriptedApp;

  beforeAll(async () => {
    scriptedApp = await ScriptedApp.start(await open());
  });
  afterAll(() => scriptedApp.app.close());
  beforeEach(() => scriptedApp.attach());
  afterEach(() => scriptedApp.detach());

  const follow = (run: string, lastEventId?: string): Promise<EventStream> => {
    const { url, apiKey } = scriptedApp.app;
    const headers: Record<string, string> = lastEventId ? { 'last-event-id': lastEventId } : {};
    return openEvents(`${url}/v1/memory/runs/${run}/events`, apiKey, headers);
  };
  /** A run that stands at its second page until the gate opens. */
  const halted = async (): Promise<{ run: string; gate: Gate }> => {
    const gate = new Gate();
    scriptedApp.source.sweep = [
      { documents: [scripted('a', 'The first page.')] },
      { documents: [scripted('b', 'The last page.')], before: () => gate.pass() },
    ];
    const run = await scriptedApp.ask();
    await gate.reached;
    return { run, gate };
  };

  it('tell its state, then its progress, then its end, and stop', async () => {
    const { run, gate } = await halted();
    const stream = await follow(run);
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.headers.get('cache-control')).toBe('no-store');
    expect(await stream.next()).toMatchObject({
      event: 'state',
      data: { run_id: run, status: 'running', attempt: 1, waiting: null, error: null },
    });
    const progress = await stream.next();
    expect(progress).toMatchObject({
      event: 'progress',
      // Nobody said how many there are, and one look makes no rate.
      data: { run_id: run, rate: null, percent: null, eta_seconds: null, basis: null },
    });
    gate.open();
    const rest = await stream.rest();
    expect(rest.at(-1)).toMatchObject({
      event: 'end',
      id: 'end',
      data: { id: run, status: 'success', synced_count: 2 },
    });
    expect(new Set(rest.slice(0, -1).map(({ event }) => event))).toEqual(
      rest.length > 1 ? new Set(['progress']) : new Set(),
    );
  });

  it('say how much is left only when every partition has said how much it holds', async () => {
    const { source } = scriptedApp;
    const one = { key: 'one', title: 'One', expected: 1 };
    source.pages.set('sweep one', [{ documents: [scripted('a', 'A.', { partition: 'one' })] }]);
    const firstProgress = async (two: Partition, skipped: Partition) => {
      const gate = new Gate();
      source.partitions = [one, two, skipped];
      source.pages.set('sweep two', [
        { documents: [scripted('b', 'B.', { partition: 'two' })], before: () => gate.pass() },
      ]);
      const run = await scriptedApp.ask();
      await gate.reached;
      await eventually('the first page', async () => {
        const { body } = await scriptedApp.request('GET', `/v1/memory/runs/${run}`);
        return body.progress.done === 1 || undefined;
      });
      const stream = await follow(run);
      await stream.next();
      const progress = await stream.next();
      gate.open();
      await stream.rest();
      return { progress: progress!.data, ended: await scriptedApp.settled(run) };
    };
    const skipped = { key: 'three', title: 'Three', skipReason: 'not shared' };
    const known = await firstProgress({ key: 'two', title: 'Two', expected: 3 }, skipped);
    expect(known.progress).toMatchObject({ done: 1, expected: 4, percent: 25, partition: 'One' });
    expect(known.ended.progress).toMatchObject({ done: 2, expected: 4 });
    const unknown = await firstProgress({ key: 'two', title: 'Two', expected: null }, skipped);
    expect(unknown.progress).toMatchObject({
      ...{ done: 1, expected: null, percent: null, eta_seconds: null, basis: null },
    });
  });

  it('go on after a break with what the client has not seen', async () => {
    const { run, gate } = await halted();
    const first = await follow(run);
    await first.next();
    const seen = await first.next();
    first.abort();
    const again = await follow(run, seen!.id);
    const next = again.next();
    gate.open();
    expect((await next)?.event).not.toBe('state');
    expect((await again.rest()).at(-1)?.event ?? (await next)?.event).toBe('end');
    const finished = await follow(run, 'end');
    expect(finished.status).toBe(204);
  });

  it('of a run that has ended are its end alone', async () => {
    scriptedApp.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    const { id } = await scriptedApp.sync();
    const events = await (await follow(id)).rest();
    expect(events).toMatchObject([{ event: 'end', data: { id, status: 'success' } }]);
  });

  it('tell of waits, with reason and time', async () => {
    scriptedApp.source.sweep = [
      {
        before: () => {
          throw new RateLimitedError('enough', new Date(Date.now() + 3_600_000), 'list');
        },
      },
    ];
    const { id } = await scriptedApp.sync();
    const stream = await follow(id);
    const event = await stream.next();
    expect(event).toMatchObject({ event: 'state', data: { status: 'waiting' } });
    expect(event?.data.waiting).toMatchObject({ reason: 'rate_limited:list' });
    await scriptedApp.request('POST', `/v1/memory/runs/${id}/cancel`);
    expect((await stream.rest()).at(-1)).toMatchObject({
      event: 'end',
      data: { status: 'cancelled' },
    });
  });

  it('share one look at the row a second among all who listen', async () => {
    const { run, gate } = await halted();
    const looks = jest.spyOn(scriptedApp.app.nest.get(RunsRepository), 'find');
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(run)));
    for (const stream of streams) {
      await stream.next();
      await stream.next();
    }
    // One look each to begin with; from then on they are shared.
    looks.mockClear();
    const before = Date.now();
    gate.open();
    const all = await Promise.all(streams.map((stream) => stream.rest()));
    for (const events of all) expect(events.at(-1)?.event).toBe('end');
    const seconds = (Date.now() - before) / 1000;
    expect(looks.mock.calls.length).toBeLessThanOrEqual(Math.ceil(seconds) + 2);
    looks.mockRestore();
  });

  it('end for a client that goes away, and the run goes on', async () => {
    const { run, gate } = await halted();
    const stream = await follow(run);
    await stream.next();
    await stream.next();
    stream.abort();
    try {
      await expect(stream.next()).rejects.toMatchObject({ name: 'AbortError' });
    } finally {
      gate.open();
    }
    expect(await scriptedApp.settled(run)).toMatchObject({ status: 'success' });
  });

  it('are not there for a run that is not, nor for another tenant', async () => {
    const missing = await scriptedApp.request('GET', `/v1/memory/runs/${randomUUID()}/events`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
    scriptedApp.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    const { id } = await scriptedApp.sync();
    const { apiKey } = await scriptedApp.app.newTenant();
    const { url } = scriptedApp.app;
    const foreign = await openEvents(`${url}/v1/memory/runs/${id}/events`, apiKey);
    expect(foreign.status).toBe(404);
  });
});

describeOnOneDatabase('the end of a server', (open) => {
  it('ends the streams of events', async () => {
    const scriptedApp = await ScriptedApp.start(await open());
    await scriptedApp.attach();
    scriptedApp.source.sweep = [
      {
        before: () => {
          throw new RateLimitedError('enough', new Date(Date.now() + 3_600_000), 'list');
        },
      },
    ];
    const { id } = await scriptedApp.sync();
    const { url, apiKey } = scriptedApp.app;
    const stream = await openEvents(`${url}/v1/memory/runs/${id}/events`, apiKey);
    await stream.next();
    const rest = stream.rest();
    await scriptedApp.app.close();
    expect((await rest).every(({ event }) => event === 'progress')).toBe(true);
  });
});
