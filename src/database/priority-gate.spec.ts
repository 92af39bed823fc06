import { type Clock, ManualClock } from '../common/clock.js';
import { type GateRequest, PriorityGate } from './priority-gate.js';

/** Time that stands still: nobody's wait runs out. */
const frozen: Clock = { now: () => new Date(0), sleep: () => new Promise(() => undefined) };

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

describe('PriorityGate', () => {
  it('serves interactive requests first, each kind in the order of arrival', async () => {
    const gate = new PriorityGate(1, frozen);
    const order: string[] = [];
    const pass = async (name: string, request: GateRequest): Promise<void> => {
      const leave = await gate.enter(request);
      order.push(name);
      leave();
    };
    const leave = await gate.enter();
    const passing = [
      pass('write 1', { priority: 'background' }),
      pass('search 1', {}),
      pass('write 2', { priority: 'background' }),
      pass('search 2', { priority: 'interactive' }),
    ];
    leave();
    await Promise.all(passing);
    expect(order).toEqual(['search 1', 'search 2', 'write 1', 'write 2']);
  });

  it('lets one background request through after 16 interactive ones in a row', async () => {
    const gate = new PriorityGate(1, frozen);
    const order: string[] = [];
    const leave = await gate.enter();
    const passing = ['background', ...Array<'interactive'>(40).fill('interactive')].map(
      async (priority) => {
        const out = await gate.enter({ priority: priority as 'interactive' });
        order.push(priority);
        out();
      },
    );
    leave();
    await Promise.all(passing);
    expect(order.indexOf('background')).toBe(16);
  });

  it('refuses an interactive request after 5 s with the time to try again', async () => {
    const clock = new ManualClock();
    const gate = new PriorityGate(1, clock);
    const leave = await gate.enter();
    const before = clock.now().getTime();
    await expect(gate.enter()).rejects.toMatchObject({ code: 'database_busy', retryAfter: 1 });
    expect(clock.now().getTime() - before).toBe(5_000);
    leave();
    await expect(gate.enter()).resolves.toBeInstanceOf(Function);
  });

  it('lets background requests wait without bound unless they ask for it', async () => {
    const gate = new PriorityGate(1, new ManualClock());
    const leave = await gate.enter();
    const patient = gate.enter({ priority: 'background' });
    await expect(gate.enter({ priority: 'background', wait: 'bounded' })).rejects.toMatchObject({
      code: 'database_busy',
    });
    leave();
    await expect(patient).resolves.toBeInstanceOf(Function);
  });

  it('tells whether more than half of its places are free', async () => {
    const gate = new PriorityGate(4, frozen);
    const seen = [gate.hasRoomToWait];
    const leave = [];
    for (let place = 0; place < 2; place += 1) {
      leave.push(await gate.enter());
      seen.push(gate.hasRoomToWait);
    }
    leave[0]!();
    expect([...seen, gate.hasRoomToWait]).toEqual([true, true, false, true]);
    expect(new PriorityGate(1, frozen).hasRoomToWait).toBe(false);
    void gate.close();
    leave[1]!();
    expect(gate.hasRoomToWait).toBe(false);
  });

  it('gives a place back once, however often it is left', async () => {
    const gate = new PriorityGate(1, frozen);
    const leave = await gate.enter();
    leave();
    leave();
    await gate.enter();
    let second = false;
    void gate.enter().then(() => (second = true));
    await settle();
    expect(second).toBe(false);
  });

  it('when closed refuses those who wait and those who come, and awaits those inside', async () => {
    const gate = new PriorityGate(2, frozen);
    const leave = [await gate.enter(), await gate.enter()];
    const waiting = gate.enter();
    let closed = false;
    const closing = gate.close().then(() => (closed = true));
    await expect(waiting).rejects.toMatchObject({ code: 'shutting_down' });
    await expect(gate.enter()).rejects.toMatchObject({ code: 'shutting_down' });
    leave[0]!();
    await settle();
    expect(closed).toBe(false);
    leave[1]!();
    await closing;
  });
});
