/**
 * The budgets of one account at a source, by method; shared by everybody who calls that account.
 * A method of which nothing is known has no limit until one is met or told.
 */
export interface RateBudgets {
  /** Takes one call out of the method's budget, in one step that no other taker can come between. */
  take(method: string): Promise<Take>;
  /**
   * The source refused a call of the method for too many calls: nobody calls it until the pause is
   * over, and the budget learns a rate.
   * @param retryAfterSeconds null: the source did not say; the pause doubles with each refusal
   * @returns seconds until the method may be called again
   */
  refused(method: string, retryAfterSeconds: number | null): Promise<number>;
  /** Nobody calls the method for so long, for another reason than too many calls. */
  block(method: string, seconds: number): Promise<void>;
  /** Sets the limit that the source told; null forgets what is known of the method. */
  limit(method: string, callsPerMinute: number | null): Promise<void>;
  /** null: no limit is known. */
  read(method: string): Promise<BudgetReading | null>;
}

export type Take =
  | { readonly granted: true }
  /** Nothing was taken; worth asking again after so many seconds. */
  | { readonly granted: false; readonly waitSeconds: number };

export interface BudgetReading {
  /** null: only that the method is blocked is known. */
  readonly callsPerMinute: number | null;
  /** Calls that could be made at once. */
  readonly left: number | null;
  /** 0: the method may be called. */
  readonly blockedSeconds: number;
}

/** What our own settings say of a source's methods. */
export interface Pacing {
  /** Calls per second and method that are never exceeded; null: only what answers teach. */
  readonly perSecond: number | null;
}
