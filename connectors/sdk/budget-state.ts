import type { BudgetReading, Pacing, Take } from './rate-budgets.js';

/** What is known of one method's budget. Times are seconds of one clock, that of the store. */
export interface BudgetState {
  /** The rate that was learned or told; null: none. */
  readonly perSecond: number | null;
  /** What the source told; the rate is never probed beyond it. */
  readonly ceiling: number | null;
  readonly tokens: number;
  /** Most tokens that are saved up; null: what accrues in LEARNED_BURST_SECONDS. */
  readonly burst: number | null;
  /** Since when tokens have accrued. */
  readonly updatedAt: number;
  readonly blockedUntil: number | null;
  readonly refusedAt: number | null;
  /** Length of the last pause. */
  readonly pause: number;
  /** Since when `calls` are counted: the end of a pause, when the source's budget begins anew. */
  readonly measuredFrom: number;
  readonly calls: number;
  /** The rate was measured between two refusals, not only guessed at the first one. */
  readonly settled: boolean;
  /** When the rate starts to be probed upwards. */
  readonly growsFrom: number;
}

/** Calls of this process before the first refusal. */
export interface RecentCalls {
  readonly calls: number;
  /** Age of the oldest one, at most WINDOW_SECONDS. */
  readonly seconds: number;
}

export const WINDOW_SECONDS = 60;
/** A budget saves up what it did not use for so long, and spends it at once. */
const LEARNED_BURST_SECONDS = 60;
/** Somebody who sets a pace wants it even. */
const CONFIGURED_BURST_SECONDS = 2;
/** A refusal is forgotten after a day; until then each call costs a statement. */
export const FORGET_SECONDS = 86_400;
/** Growth of the rate per second while calls wait for it: doubled in 46 s, or 9 % a minute. */
export const GROWTH = { guessed: 0.015, settled: 0.0015 } as const;
export const MAX_GROWTH_SECONDS = 60;
/** A call that finds fewer tokens had to wait for its own, or just did not. */
export const WAITED_FOR = 2;
/** Fewer calls before the first refusal say nothing: somebody else used the budget up. */
const TELLING_CALLS = 5;
/** Refusals closer together than this are no measurement. */
const MEASURE_SECONDS = 30;
/** A rate that has grown until it was refused is taken back by so much. */
const DECREASE = 0.85;
/** A pause is risked again after ten times its length. */
const MAX_REST_SECONDS = 600;
const UNTOLD_PAUSE_SECONDS = 2;
const MAX_UNTOLD_PAUSE_SECONDS = 300;
const MIN_PAUSE_SECONDS = 1;
/** Tokens are floating point numbers: a wait that was told must be enough. */
export const WHOLE_TOKEN = 1 - 1e-6;

export function burstSeconds(pacing: Pacing): number {
  return pacing.perSecond === null ? LEARNED_BURST_SECONDS : CONFIGURED_BURST_SECONDS;
}

/** False: the method is called freely. */
export function isLimited(state: BudgetState | null, now: number, pacing: Pacing): boolean {
  if (pacing.perSecond !== null) return true;
  if (!state) return false;
  if (state.blockedUntil !== null && state.blockedUntil > now) return true;
  if (state.ceiling !== null) return true;
  return state.refusedAt !== null && state.refusedAt > now - FORGET_SECONDS;
}

export function startingState(now: number, pacing: Pacing): BudgetState {
  return {
    perSecond: null,
    ceiling: null,
    tokens: capacity(pacing.perSecond, null, pacing),
    burst: null,
    updatedAt: now,
    blockedUntil: null,
    refusedAt: null,
    pause: 0,
    measuredFrom: now,
    calls: 0,
    settled: false,
    growsFrom: now,
  };
}

/** The rule that a store's `take` follows; a store does it in one statement. */
export function takeFrom(
  state: BudgetState,
  now: number,
  pacing: Pacing,
): { readonly take: Take; readonly state: BudgetState } {
  const waitSeconds = waitFor(state, now, pacing);
  if (waitSeconds > 0) return { take: { granted: false, waitSeconds }, state };
  const rate = rateOf(state, pacing);
  const elapsed = Math.max(0, now - state.updatedAt);
  const unspent = state.tokens + (rate ?? 0) * elapsed;
  const full = capacity(rate, state.burst, pacing);
  // A budget that overflows was not asked for much, which says nothing about the source's limit.
  const free = Math.max(0, now - Math.max(state.updatedAt, state.blockedUntil ?? 0));
  const idle = rate !== null && rate * free >= full + 1;
  const filled = Math.min(full, unspent);
  // Only calls that had to wait show that more are wanted.
  const growing =
    filled < WAITED_FOR
      ? Math.min(MAX_GROWTH_SECONDS, Math.max(0, now - Math.max(state.updatedAt, state.growsFrom)))
      : 0;
  const growth = Math.exp((state.settled ? GROWTH.settled : GROWTH.guessed) * growing);
  const perSecond =
    state.perSecond === null || idle
      ? state.perSecond
      : Math.min(
          state.perSecond * growth,
          state.ceiling ?? Infinity,
          Math.max(state.perSecond, pacing.perSecond ?? Infinity),
        );
  return {
    take: { granted: true },
    state: {
      ...state,
      perSecond,
      tokens: rate === null ? state.tokens : filled - 1,
      updatedAt: Math.max(now, state.updatedAt),
      calls: idle ? 1 : state.calls + 1,
      measuredFrom: idle ? now : state.measuredFrom,
    },
  };
}

/** Seconds until a call can be taken; 0: now. */
export function waitFor(state: BudgetState, now: number, pacing: Pacing): number {
  if (state.blockedUntil !== null && state.blockedUntil > now) return state.blockedUntil - now;
  const rate = rateOf(state, pacing);
  if (rate === null) return 0;
  const tokens = tokensAt(state, now, pacing);
  return tokens >= WHOLE_TOKEN ? 0 : (1 - tokens) / rate;
}

/** What a refusal teaches. */
export function afterRefusal(
  before: BudgetState,
  now: number,
  pacing: Pacing,
  refusal: { readonly retryAfterSeconds: number | null; readonly recent: RecentCalls },
): BudgetState {
  const isKnown = isLimited(before, now, { perSecond: null });
  const state = isKnown ? before : startingState(now, pacing);
  const pause = pauseOf(state, now, refusal.retryAfterSeconds);
  // Calls that were under way together are refused together; that is one refusal.
  if (state.blockedUntil !== null && state.blockedUntil > now)
    return blockedFor({ ...state, refusedAt: now }, now, pause);
  return blockedFor({ ...state, ...learn(state, now, pacing, pause, refusal.recent) }, now, pause);
}

function learn(
  state: BudgetState,
  now: number,
  pacing: Pacing,
  pause: number,
  recent: RecentCalls,
): Partial<BudgetState> {
  const end = now + pause;
  const made = Math.max(0, state.calls - 1);
  const refusal = { refusedAt: now, pause, calls: made };
  const anew = { ...refusal, measuredFrom: end, calls: 0 };
  if (state.refusedAt === null) return { ...anew, ...guess(state, pause, recent), growsFrom: end };
  const measuredOver = end - state.measuredFrom;
  const measured = Math.max(1, made) / measuredOver;
  if (state.perSecond === null) {
    if (measuredOver < MEASURE_SECONDS) return refusal;
    return { ...anew, perSecond: measured, growsFrom: end };
  }
  // Saved calls were being spent, so the rate is not what the source minds.
  if (tokensAt(state, now, pacing) >= 1)
    return { ...refusal, burst: capacity(state.perSecond, state.burst, pacing) / 4 };
  if (measuredOver < MEASURE_SECONDS) {
    const perSecond = state.perSecond * (state.settled ? 0.8 : 0.5);
    return { ...refusal, perSecond, growsFrom: end };
  }
  // From one pause's end to the next one's the whole budget was used, unless the source let some of
  // it lapse meanwhile; then the limit is a little below our rate.
  const perSecond = Math.max(measured, DECREASE * state.perSecond);
  const rest = Math.min(MAX_REST_SECONDS, Math.max(MEASURE_SECONDS, 10 * pause));
  return { ...anew, perSecond, settled: true, growsFrom: end + rest };
}

/** The first refusal: how fast we were, and how many calls the source took at once at most. */
function guess(state: BudgetState, pause: number, recent: RecentCalls): Partial<BudgetState> {
  if (state.perSecond !== null) return {};
  const made = Math.max(1, recent.calls - 1);
  if (made < TELLING_CALLS) return { burst: made };
  const over = Math.min(WINDOW_SECONDS, Math.max(1, recent.seconds + pause));
  return { burst: made, perSecond: made / over };
}

export function blockedFor(state: BudgetState, now: number, seconds: number): BudgetState {
  const blockedUntil = Math.max(state.blockedUntil ?? 0, now + seconds);
  // While nobody may call, the source's budget fills again; so does ours, up to its brim.
  return { ...state, blockedUntil, tokens: 0, updatedAt: now };
}

/** The source told its limit. Telling it again changes nothing. */
export function afterTold(state: BudgetState, now: number, callsPerMinute: number): BudgetState {
  const perSecond = callsPerMinute / 60;
  if (state.ceiling === perSecond) return state;
  // The answer that revealed the limit has used up the first call of it.
  const told = { perSecond, ceiling: perSecond, tokens: 0, updatedAt: now, settled: true };
  return { ...state, ...told, measuredFrom: now, calls: 0 };
}

/** Nothing is known any more but how long the method may not be called. */
export function forgotten(state: BudgetState, now: number, pacing: Pacing): BudgetState {
  return { ...startingState(now, pacing), blockedUntil: state.blockedUntil };
}

export function readingOf(state: BudgetState, now: number, pacing: Pacing): BudgetReading {
  const rate = rateOf(state, pacing);
  return {
    callsPerMinute: rate === null ? null : rate * 60,
    left: rate === null ? null : Math.max(0, Math.floor(tokensAt(state, now, pacing) + 1e-6)),
    blockedSeconds: Math.max(0, (state.blockedUntil ?? 0) - now),
  };
}

function rateOf(state: BudgetState, { perSecond }: Pacing): number | null {
  const rate = Math.min(state.perSecond ?? Infinity, perSecond ?? Infinity);
  return rate === Infinity ? null : rate;
}

function capacity(rate: number | null, burst: number | null, pacing: Pacing): number {
  return Math.max(1, Math.min(burst ?? Infinity, (rate ?? 0) * burstSeconds(pacing)));
}

function tokensAt(state: BudgetState, now: number, pacing: Pacing): number {
  const rate = rateOf(state, pacing) ?? 0;
  const elapsed = Math.max(0, now - state.updatedAt);
  return Math.min(capacity(rate, state.burst, pacing), state.tokens + rate * elapsed);
}

function pauseOf(state: BudgetState, now: number, told: number | null): number {
  if (told !== null) return Math.max(MIN_PAUSE_SECONDS, told);
  const isAgain = state.pause > 0 && now - (state.blockedUntil ?? 0) < state.pause;
  if (!isAgain) return UNTOLD_PAUSE_SECONDS;
  return Math.min(MAX_UNTOLD_PAUSE_SECONDS, 2 * state.pause);
}
