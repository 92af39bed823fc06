import fc from 'fast-check';
import { ByteBudget } from './byte-budget.js';

describe('the bytes in flight', () => {
  it('never exceed the limit, and every work gets its turn, in order', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, async (all) => {
        const budget = new ByteBudget(100);
        const begun: number[] = [];
        let inFlight = 0;
        await Promise.all(
          all.map((bytes, i) =>
            budget.hold(bytes, async () => {
              begun.push(i);
              inFlight += Math.min(bytes, 100);
              expect(inFlight).toBeLessThanOrEqual(100);
              for (let turn = 0; turn <= bytes % 5; turn++) await Promise.resolve();
              inFlight -= Math.min(bytes, 100);
            }),
          ),
        );
        expect(begun).toEqual(all.map((_, i) => i));
      }),
    );
  });

  it('are given back by work that fails', async () => {
    const budget = new ByteBudget(10);
    await expect(budget.hold(10, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await budget.hold(10, () => Promise.resolve('yes'))).toBe('yes');
  });
});
