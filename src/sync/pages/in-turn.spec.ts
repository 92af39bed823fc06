import { ManualClock } from '../../common/clock.js';
import { inTurn, OutOfTurn } from './in-turn.js';

const never = new Promise<void>(() => undefined);
/** Nobody's patience runs out. */
const frozen = { now: () => new Date(0), sleep: () => never };

describe('a transaction that waits for its turn', () => {
  it('goes on when it comes', async () => {
    const order: string[] = [];
    let come!: () => void;
    const turn = new Promise<void>((resolve) => (come = resolve));
    const waiting = inTurn(turn, frozen).then(() => order.push('second'));
    order.push('first');
    come();
    await waiting;
    expect(order).toEqual(['first', 'second']);
  });

  it('fails with what the one in front failed with', async () => {
    const failed = Promise.reject(new Error('disk full'));
    await expect(inTurn(failed, frozen)).rejects.toThrow('disk full');
  });

  it('gives up after 5 s', async () => {
    const clock = new ManualClock();
    const before = clock.now().getTime();
    await expect(inTurn(never, clock)).rejects.toThrow(OutOfTurn);
    expect(clock.now().getTime() - before).toBe(5_000);
  });
});
