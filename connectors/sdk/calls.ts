/**
 * Calls to a source. One layer stands over every vendor's client (whose own retries are off): it
 * paces each method by the budget that all processes share, waits short pauses, parks the run on
 * long ones, retries what is transient, counts and logs.
 */
export interface SourceCalls {
  /**
   * @throws RateLimitedError when the method may not be called for longer than a short pause
   * @throws TransientSourceError when the retries are used up
   * @throws whatever `classify` calls fatal
   */
  call<T>(call: SourceCall<T>): Promise<T>;
  /** What is known of a method's budget; null: no limit was ever met or told. */
  budget(method: string): Promise<CallBudget | null>;
  /**
   * Tells of a limit that an answer revealed without a refusal, e.g. a slow tier; telling it again
   * changes nothing. null: the answer shows that there is no such limit (any more).
   */
  limit(method: string, budget: CallBudget | null): Promise<void>;
}

export interface SourceCall<T> {
  /** As the vendor names it, e.g. `conversations.history`: names the budget and the log's line. */
  readonly method: string;
  /** What was asked for, in the request log: ids, never content or secrets. */
  readonly target?: string;
  /** One attempt, without retries of its own; may run again. */
  run(signal: AbortSignal): Promise<T>;
  /** What an error of `run` means. */
  classify(error: unknown): CallFault;
}

export type CallFault =
  /** `retryAfterSeconds` null: the source did not say for how long. */
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number | null }
  | {
      readonly kind: 'transient';
      readonly code: string;
      readonly message: string;
      readonly status?: number;
      readonly retryAfterSeconds?: number;
    }
  /** Thrown as it is: a retry would get the same answer. */
  | { readonly kind: 'fatal'; readonly error: Error; readonly status?: number };

export interface CallBudget {
  readonly callsPerMinute: number;
}
