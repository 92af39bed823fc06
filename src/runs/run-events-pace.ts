import type { RunAnswer } from './runs.schema.js';

/** The rate is that of the last seconds: what came before a wait says nothing about now. */
const WINDOW_MS = 10_000;
/** Two looks closer together than this say little about a rate. */
const SHORTEST_MS = 900;
/** Listed is not yet written: a run is at 100 % when it has ended. */
const MOST_PERCENT = 99;

/** What a plan said about the calls of a backfill, and how many of them were made. */
export interface PlannedCalls {
  /** Calls that were left when the plan was made. */
  readonly calls: number;
  /** Seconds that they take at the allowed rate; null: no limit is known. */
  readonly seconds: number | null;
  /** Calls made since then outside this run, less those this run had made before. */
  readonly offset: number;
}

export interface Pace {
  readonly rate: number | null;
  readonly percent: number | null;
  readonly eta_seconds: number | null;
  readonly basis: 'documents' | 'calls' | null;
}

type Seen = Pick<RunAnswer, 'status' | 'attempt' | 'progress' | 'counts'>;

/** Turns what is seen of a run, time and again, into rate, share and time to go. */
export class RunPace {
  #samples: { at: number; done: number }[] = [];
  #attempt = 0;

  /** @param plan null: none was made, or the backfill is over */
  observe(run: Seen, at: Date, plan: PlannedCalls | null): Pace {
    const rate = this.#rate(run, at.getTime());
    return byDocuments(run, rate) ?? byCalls(run, rate, plan) ?? unknown(rate);
  }

  #rate({ status, attempt, progress: { done } }: Seen, at: number): number | null {
    if (status !== 'running' || attempt !== this.#attempt) this.#samples = [];
    this.#attempt = attempt;
    if (status !== 'running') return null;
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= WINDOW_MS)
      this.#samples.shift();
    const first = this.#samples[0]!;
    if (at - first.at < SHORTEST_MS) return null;
    const perSecond = ((done - first.done) * 1000) / (at - first.at);
    return Math.max(0, Math.round(perSecond * 10) / 10);
  }
}

function byDocuments({ progress }: Seen, rate: number | null): Pace | null {
  const { done, expected } = progress;
  if (expected === null || expected === 0) return null;
  const left = Math.max(0, expected - done);
  return {
    rate,
    percent: percentOf(done, expected),
    eta_seconds: rate !== null && rate > 0 ? Math.ceil(left / rate) : null,
    basis: 'documents',
  };
}

function byCalls(run: Seen, rate: number | null, plan: PlannedCalls | null): Pace | null {
  if (plan === null || plan.calls <= 0) return null;
  const made = Math.max(0, plan.offset + run.counts.api_calls);
  const share = made / plan.calls;
  // More calls than planned: the plan was wrong, and what is left is anybody's guess.
  if (share >= 1) return null;
  const { seconds } = plan;
  const eta = seconds === null ? null : Math.ceil(seconds * (1 - share));
  return { rate, percent: percentOf(made, plan.calls), eta_seconds: eta, basis: 'calls' };
}

function unknown(rate: number | null): Pace {
  return { rate, percent: null, eta_seconds: null, basis: null };
}

function percentOf(part: number, whole: number): number {
  return Math.min(MOST_PERCENT, Math.max(0, Math.floor((part * 100) / whole)));
}
