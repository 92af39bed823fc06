/** How a call to a source ended, and how long the source took. */
export interface SourceCallObservation {
  readonly provider: string;
  /** The source's own name of what was called, e.g. `conversations.history`. */
  readonly method: string;
  readonly outcome: string;
  readonly rateLimited: boolean;
  readonly seconds: number;
}

/** Documents that one transaction of a run settled. */
export type DocumentCounts = Readonly<
  Partial<Record<'created' | 'updated' | 'unchanged' | 'deleted' | 'failed', number>>
>;

/**
 * What features tell while they work, so that none of them knows how it is published. Calls return
 * at once, cost about a microsecond and never throw. Tell once per request, batch or attempt, not
 * per document. Only names from the code or from a source's API may be told, never ids or texts:
 * each distinct one is a series for ever.
 */
export abstract class Metrics {
  /** @param route the pattern, e.g. `/v1/memory/runs/:id`; null: no route matched */
  abstract requestAnswered(
    method: string,
    route: string | null,
    status: number,
    seconds: number,
  ): void;
  abstract searched(mode: string, outcome: 'ok' | 'error', seconds: number): void;
  abstract sourceCalled(call: SourceCallObservation): void;
  /** @param texts how many were embedded; 0 where the batch failed */
  abstract embedded(texts: number, seconds: number): void;
  /** How long a transaction waited for its turn. */
  abstract waitedForDatabase(priority: 'interactive' | 'background', seconds: number): void;
  /** Of an index in a store of its own: whether the last attempts at it succeeded. */
  abstract indexTried(up: boolean): void;
  /** @param outcome `success`, `partial`, `error`, `parked`, `yielded` ... */
  abstract attemptEnded(provider: string, outcome: string): void;
  abstract documentsSettled(provider: string, counts: DocumentCounts): void;
}
