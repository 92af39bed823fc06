import { withLinkedAbort } from '../../connectors/sdk/linked-abort.js';
import type { VectorIndex } from './vector-index.js';

/** The index may be down, or behind with what others write. */
const WITHIN_MS = 5000;

/**
 * Waits as a sync does, so that the writes of others go on, but not for long.
 * @returns whether there is room
 * @throws the signal's reason when it aborts
 */
export async function waitBriefly(index: VectorIndex, signal?: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.timeout(WITHIN_MS);
  try {
    await withLinkedAbort(signal, (linked) =>
      index.waitForRoom(AbortSignal.any([linked.signal, patience])),
    );
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (!patience.aborted) throw error;
    return false;
  }
}

/**
 * Between two batches of a deletion that somebody asked for, and waits for.
 * @throws AppError `index_behind` once the index takes nobody's writes
 */
export async function leaveRoom(index: VectorIndex): Promise<void> {
  if (!(await waitBriefly(index))) await index.requireRoom();
}
