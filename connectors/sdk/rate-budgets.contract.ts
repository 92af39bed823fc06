import type { Pacing, RateBudgets } from './rate-budgets.js';

/** A store of budgets that starts empty. */
export interface BudgetsBench {
  /** Another user of the same account's budgets, as another process would be. */
  budgets(pacing?: Partial<Pacing>): RateBudgets;
  advance(seconds: number): Promise<void>;
  /** Seconds on the clock of the budgets. */
  now(): Promise<number>;
}

const METHOD = 'conversations.history';

/** What every store of budgets must do. */
export function describeRateBudgets(prepare: () => BudgetsBench): void {
  let bench: BudgetsBench;
  let budgets: RateBudgets;

  beforeEach(() => {
    bench = prepare();
    budgets = bench.budgets();
  });

  /** Takes until there is no more; answers how many there were. */
  async function drain(from = budgets, most = 200): Promise<number> {
    for (let taken = 0; taken < most; taken += 1) {
      const take = await from.take(METHOD);
      if (!take.granted) return taken;
    }
    return most;
  }

  async function waitOf(from = budgets): Promise<number> {
    const take = await from.take(METHOD);
    return take.granted ? 0 : take.waitSeconds;
  }

  it('knows no limit until there is one', async () => {
    expect(await drain()).toBe(200);
    expect(await budgets.read(METHOD)).toBeNull();
  });

  it('lets nobody call inside a Retry-After, and everybody after it', async () => {
    const other = bench.budgets();
    await budgets.take(METHOD);
    expect(await budgets.refused(METHOD, 30)).toBeCloseTo(30, 0);
    expect(await waitOf()).toBeCloseTo(30, 0);
    expect(await waitOf(other)).toBeCloseTo(30, 0);
    await bench.advance(29);
    expect(await waitOf()).toBeCloseTo(1, 0);
    expect(await waitOf(other)).toBeCloseTo(1, 0);
    await bench.advance(2);
    expect(await other.take(METHOD)).toEqual({ granted: true });
    expect(await budgets.take(METHOD)).toEqual({ granted: true });
  });

  it('keeps to the longest of pauses that overlap', async () => {
    await budgets.refused(METHOD, 40);
    await budgets.refused(METHOD, 10);
    expect(await waitOf()).toBeCloseTo(40, 0);
    await budgets.block(METHOD, 60);
    expect(await waitOf()).toBeCloseTo(60, 0);
  });

  it('blocks one method, not its neighbours', async () => {
    await budgets.refused(METHOD, 30);
    expect(await budgets.take('users.list')).toEqual({ granted: true });
  });

  it('doubles the pause while the source does not say how long', async () => {
    const pauses: number[] = [];
    for (let times = 0; times < 4; times += 1) {
      await budgets.take(METHOD);
      const pause = await budgets.refused(METHOD, null);
      pauses.push(Math.round(pause));
      await bench.advance(pause + 0.1);
    }
    expect(pauses).toEqual([2, 4, 8, 16]);
    await bench.advance(60);
    expect(await budgets.refused(METHOD, null)).toBeCloseTo(2, 0);
  });

  it('learns its rate from the calls before the first refusal', async () => {
    await drain(budgets, 51);
    await budgets.refused(METHOD, 60);
    const reading = await budgets.read(METHOD);
    expect(reading).toMatchObject({ left: 0 });
    expect(reading!.callsPerMinute).toBeCloseTo(50, 0);
    expect(reading!.blockedSeconds).toBeCloseTo(60, 0);
  });

  it('spends after a pause what has come back meanwhile, then one by one', async () => {
    await drain(budgets, 51);
    await budgets.refused(METHOD, 30);
    await bench.advance(31);
    const rate = (await budgets.read(METHOD))!.callsPerMinute! / 60;
    const saved = await drain();
    expect(Math.abs(saved - 31 * rate)).toBeLessThan(3);
    const wait = await waitOf();
    expect(wait).toBeLessThanOrEqual(1 / rate + 0.01);
    await bench.advance(wait + 0.01);
    expect(await budgets.take(METHOD)).toEqual({ granted: true });
  });

  it('measures the rate between refusals', async () => {
    await drain(budgets, 101);
    await budgets.refused(METHOD, 60);
    await bench.advance(60);
    const from = await bench.now();
    let calls = 0;
    // Steps well below the pause that would count as idle.
    for (let half = 0; half < 120; half += 1) {
      await bench.advance(0.5);
      calls += await drain();
    }
    const passed = (await bench.now()) - from;
    const pause = await budgets.refused(METHOD, 1);
    const measured = (calls * 60) / (passed + pause);
    const { callsPerMinute } = (await budgets.read(METHOD))!;
    expect(Math.abs(callsPerMinute! / measured - 1)).toBeLessThan(0.03);
  });

  it('raises the rate slowly while calls wait for it', async () => {
    await drain(budgets, 61);
    await budgets.refused(METHOD, 60);
    await bench.advance(60);
    const learned = (await budgets.read(METHOD))!.callsPerMinute!;
    for (let second = 0; second < 30; second += 1) {
      await bench.advance(1);
      await drain();
    }
    expect((await budgets.read(METHOD))!.callsPerMinute).toBeGreaterThan(learned * 1.2);
  });

  it('does not raise it while nobody needs more', async () => {
    await drain(budgets, 61);
    await budgets.refused(METHOD, 60);
    await bench.advance(60);
    const learned = (await budgets.read(METHOD))!.callsPerMinute!;
    for (let times = 0; times < 3; times += 1) {
      await bench.advance(300);
      await budgets.take(METHOD);
    }
    expect((await budgets.read(METHOD))!.callsPerMinute).toBeCloseTo(learned, 5);
  });

  it('keeps to a limit that was told, and hears it once', async () => {
    const other = bench.budgets();
    await budgets.limit(METHOD, 1);
    expect(await waitOf(other)).toBeCloseTo(60, 0);
    await bench.advance(40);
    await other.limit(METHOD, 1);
    await budgets.limit(METHOD, 1);
    expect(await waitOf()).toBeCloseTo(20, 0);
    await bench.advance(600);
    expect(await drain()).toBe(1);
    expect(await budgets.read(METHOD)).toMatchObject({ callsPerMinute: 1, left: 0 });
  });

  it('forgets a limit when told so, and a pause never', async () => {
    await budgets.limit(METHOD, 1);
    await budgets.refused(METHOD, 30);
    await budgets.limit(METHOD, null);
    expect(await waitOf()).toBeCloseTo(30, 0);
    await bench.advance(31);
    expect(await drain()).toBe(200);
  });

  it('forgets a refusal after a day', async () => {
    await drain(budgets, 61);
    await budgets.refused(METHOD, 60);
    await bench.advance(86_500);
    expect(await budgets.read(METHOD)).toBeNull();
    expect(await drain()).toBe(200);
  });

  it('keeps an even pace where one is set', async () => {
    const paced = bench.budgets({ perSecond: 2 });
    const burst = await drain(paced);
    expect(burst).toBeLessThanOrEqual(5);
    expect(await waitOf(paced)).toBeLessThanOrEqual(0.51);
    await bench.advance(1.01);
    expect(await drain(paced)).toBe(2);
  });

  it('lets concurrent takers have no more than there is', async () => {
    await budgets.limit(METHOD, 60);
    await bench.advance(10.5);
    const users = [bench.budgets(), bench.budgets()];
    const takes = await Promise.all(
      Array.from({ length: 40 }, (_, n) => users[n % 2]!.take(METHOD)),
    );
    expect(takes.filter(({ granted }) => granted)).toHaveLength(10);
  });
}
