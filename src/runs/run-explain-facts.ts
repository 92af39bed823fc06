import type { RunRow } from './run-row.js';

/** Everything that says why a run stands where it stands, at one moment of the database's clock. */
export interface RunFacts {
  readonly run: RunRow & { readonly updated_at: Date };
  readonly now: Date;
  readonly connection: {
    readonly id: string;
    readonly name: string;
    readonly account_id: string;
    readonly status: string;
    readonly status_reason: string | null;
  };
  readonly lastCall: LastCall | null;
  readonly budgets: readonly BudgetLeft[];
  /** null unless the run stands in the queue. */
  readonly queue: QueueFacts | null;
  readonly gaps: readonly Gap[];
  readonly openFailures: number;
}

export interface LastCall {
  readonly method: string;
  readonly target: string | null;
  /** ok, rate_limited, transient, fatal or aborted. */
  readonly outcome: string;
  /** Of the HTTP answer. */
  readonly status: number | null;
  readonly error: string | null;
  readonly at: Date;
}

export interface BudgetLeft {
  readonly method: string;
  readonly calls_per_minute: number | null;
  readonly available: number | null;
  readonly blocked_until: Date | null;
}

export interface QueueFacts {
  readonly ahead: number;
  readonly running: number;
  readonly running_of_tenant: number;
  readonly running_of_provider: number;
  readonly caps_reached: readonly ('tenant' | 'provider')[];
}

export interface Gap {
  readonly title: string;
  readonly lane: string;
  readonly reason: string;
}
