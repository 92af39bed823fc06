import { ConnectorError, ItemError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../common/errors/app-error.js';
import type { LaneLedger } from './lane-ledger.js';

/** So many listings in a row that cannot be read mean that the source as a whole is unwell. */
export const MAX_IN_A_ROW = 3;

/** An error that one listing threw; what it means for the run is decided by `ListingTrouble`. */
export class ListingError extends Error {
  constructor(override readonly cause: unknown) {
    super('a listing threw', { cause });
    this.name = 'ListingError';
  }
}

/** Listings of this attempt that ended with an error while others go on. */
export class ListingTrouble {
  /** To be tried again by another attempt. */
  readonly unwell = new Map<LaneLedger, TransientSourceError>();
  /** Of no use to try again before the next run. */
  readonly broken = new Map<LaneLedger, Error>();
  #inARow = 0;
  #end?: { readonly error: unknown };

  /**
   * @throws what the listing threw, if it is not about this listing alone or not the first one in
   *   a row: credentials, configuration, a pause for the whole account, our own parts
   */
  take(ledger: LaneLedger, error: unknown): void {
    if (error instanceof ItemError) return void this.broken.set(ledger, error);
    if (error instanceof TransientSourceError && error.retryAfterSeconds === undefined)
      this.unwell.set(ledger, error);
    else if (error instanceof ConnectorError || error instanceof AppError) throw error;
    else this.broken.set(ledger, asError(error));
    this.#inARow += 1;
    if (this.#inARow < MAX_IN_A_ROW) return;
    this.#end = { error };
    throw error;
  }

  passed(): void {
    this.#inARow = 0;
  }

  /** Whether so many listings failed in a row that the attempt ended there, by this very error. */
  hasEnded(error: unknown): boolean {
    return this.#end !== undefined && this.#end.error === error;
  }

  of(ledger: LaneLedger): Error | undefined {
    return this.unwell.get(ledger) ?? this.broken.get(ledger);
  }

  /** The first bug among what was thrown; a broken item is none. */
  get bug(): Error | undefined {
    return [...this.broken.values()].find((error) => !(error instanceof ItemError));
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('a listing threw something that is no error', { cause: thrown });
}
