import type { Connector } from '../../../connectors/sdk/contract.js';
import { mapConcurrently } from '../../../connectors/sdk/map-concurrently.js';
import type { ListedDocument } from './classify.js';

/** Bodies of one run that are in memory at the same time, together, as far as they are foretold. */
const MOST_BYTES = 32 * 2 ** 20;

/** Reads bodies, as many at once as the source bears and as memory does. */
export function readConcurrently<Result>(
  { limits }: Connector,
  documents: readonly ListedDocument[],
  read: (listed: ListedDocument) => Promise<Result>,
): Promise<Result[]> {
  return mapConcurrently(documents, limits.concurrentReads, read, {
    weigh: ({ source }) => source.bodyBytes ?? 0,
    most: MOST_BYTES,
  });
}
