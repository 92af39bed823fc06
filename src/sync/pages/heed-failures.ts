import type { OpenFailure } from '../failures/failures.repository.js';
import type { Classified, ListedDocument } from './classify.js';

export interface Heeded extends Classified {
  /** Ids whose known failure is not due: not yet, or only when it changes or somebody asks. */
  readonly postponed: readonly string[];
  /** Of those to read: their labels are stored although they cannot be read. */
  readonly labelledAnyway: ReadonlySet<ListedDocument>;
}

/**
 * A broken item is tried again when its backoff is over, when it changed, or on request. That also
 * goes for one that is stored as it is listed, where the failure is about that very version, or
 * about a reread, whose version nobody knows: some of it was left out, or it could not be read
 * again. What else a listing says of such a one is stored meanwhile, and when it fails once more.
 */
export function heedFailures(
  classified: Classified,
  open: readonly OpenFailure[],
  { now, isFull }: { now: Date; isFull: boolean },
): Heeded {
  const failures = new Map(open.map((failure) => [failure.externalId, failure]));
  const postponed: string[] = [];
  const again: ListedDocument[] = [];
  const isDue = (at: Date | null): boolean => at !== null && at <= now;
  const toRead = classified.toRead.filter(({ source }) => {
    const failure = failures.get(source.externalId);
    if (failure?.version !== source.version || isFull) return true;
    if (!failure.nextAt || isDue(failure.nextAt)) return true;
    postponed.push(source.externalId);
    return false;
  });
  const isReadAgain = (document: ListedDocument): boolean => {
    const failure = failures.get(document.source.externalId);
    if (!failure || !isAbout(failure, document.source.version)) return false;
    if (isDue(failure.nextAt)) again.push(document);
    else postponed.push(failure.externalId);
    return isDue(failure.nextAt);
  };
  const unchanged = classified.unchanged.filter((document) => !isReadAgain(document));
  const relabelled = classified.relabelled.filter((document) => !isReadAgain(document));
  const labelledAnyway = new Set(classified.relabelled.filter((one) => again.includes(one)));
  return { unchanged, relabelled, toRead: [...toRead, ...again], postponed, labelledAnyway };
}

/** A listing that works settles what could only not be listed. */
function isAbout({ stage, version }: OpenFailure, listed: string): boolean {
  return version === listed || (version === null && stage !== 'list');
}
