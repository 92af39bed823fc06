import type { Clock } from '../../common/clock.js';

/** For longer a transaction that has done its part does not wait for the one in front of it. */
const PATIENCE_MS = 5_000;

/** Its turn did not come: what the one in front waits for may be its own locks. */
export class OutOfTurn extends Error {
  constructor() {
    super('The transaction in front of this one has not ended.');
  }
}

/**
 * To be awaited inside a transaction, for as long as that is safe. That one transaction waits for
 * another one here is nothing that the database could see when it looks for deadlocks.
 * @throws OutOfTurn when it takes too long; what `turn` rejects with
 */
export async function inTurn(turn: Promise<void>, clock: Clock): Promise<void> {
  const come = new AbortController();
  const patience = clock.sleep(PATIENCE_MS, come.signal).then(() => {
    throw new OutOfTurn();
  });
  patience.catch(() => undefined); // of no interest once the turn has come
  try {
    await Promise.race([turn, patience]);
  } finally {
    come.abort();
  }
}
