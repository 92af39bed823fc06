import type { VectorIndex } from './vector-index.js';

/** The index may be down, and who asked for the deletion waits for it. */
const WITHIN_MS = 5000;

/**
 * Between two batches of a deletion that somebody asked for: waits as a sync does, so that the
 * writes of others go on, but not for long.
 * @throws AppError `index_behind` once the index takes nobody's writes
 */
export async function leaveRoom(index: VectorIndex): Promise<void> {
  const patience = AbortSignal.timeout(WITHIN_MS);
  try {
    await index.waitForRoom(patience);
  } catch (error) {
    if (!patience.aborted) throw error;
    await index.requireRoom();
  }
}
