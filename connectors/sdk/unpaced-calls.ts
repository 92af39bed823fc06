import type { CallFault, SourceCalls } from './calls.js';
import { RateLimitedError, TransientSourceError } from './errors.js';

const UNTOLD_PAUSE_SECONDS = 30;

/** One attempt per call and no budgets: for sources without a network, and for tests. */
export function unpacedCalls(now: () => Date, signal: AbortSignal): SourceCalls {
  return {
    call: async (call) => {
      try {
        return await call.run(signal);
      } catch (error) {
        throw asError(call.classify(error), call.method, now());
      }
    },
    budget: () => Promise.resolve(null),
    limit: () => Promise.resolve(),
  };
}

function asError(fault: CallFault, method: string, now: Date): Error {
  if (fault.kind === 'fatal') return fault.error;
  if (fault.kind === 'transient')
    return new TransientSourceError(fault.code, fault.message, fault.retryAfterSeconds);
  const seconds = fault.retryAfterSeconds ?? UNTOLD_PAUSE_SECONDS;
  const until = new Date(now.getTime() + seconds * 1000);
  return new RateLimitedError(`${method} is limited until ${until.toISOString()}`, until, method);
}
