import type { CallEstimate } from '../../connectors/sdk/contract.js';
import type { PlanAnswer } from './plan.schema.js';

export type PlannedTime = Pick<
  PlanAnswer,
  'calls' | 'seconds' | 'finish_at' | 'reason' | 'methods'
>;

/**
 * When a backfill will have made its calls. Methods have budgets of their own and are used side by
 * side, so the slowest one decides.
 * @param estimates null: the connector cannot tell
 */
export function planTime(estimates: readonly CallEstimate[] | null, now: Date): PlannedTime {
  if (estimates === null)
    return untold('The connector cannot tell how many calls its backfill takes.');
  const methods = estimates.map(({ method, calls, callsPerMinute, basis }) => ({
    method,
    calls,
    calls_per_minute: callsPerMinute,
    seconds: secondsFor(calls, callsPerMinute),
    basis,
  }));
  const calls = methods.reduce((sum, method) => sum + method.calls, 0);
  const known = methods.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  const unlimited = methods.filter(({ seconds }) => seconds === null).map(({ method }) => method);
  if (calls > 0 && known.length === 0)
    return {
      ...{ calls, seconds: null, finish_at: null, methods },
      reason: 'No limit is known; how long it takes depends on how fast the source answers.',
    };
  const seconds = Math.max(0, ...known);
  return {
    ...{ calls, seconds, methods },
    finish_at: new Date(now.getTime() + seconds * 1000).toISOString(),
    reason: reasonFor(calls, unlimited),
  };
}

function reasonFor(calls: number, unlimited: readonly string[]): string | null {
  if (calls === 0) return 'Everything has been read once.';
  if (unlimited.length === 0) return null;
  return `No limit is known for ${unlimited.join(', ')}; their time is not counted.`;
}

function secondsFor(calls: number, perMinute: number | null): number | null {
  if (calls === 0) return 0;
  return perMinute === null || perMinute <= 0 ? null : Math.ceil((calls * 60) / perMinute);
}

function untold(reason: string): PlannedTime {
  return { calls: null, seconds: null, finish_at: null, reason, methods: [] };
}
