import type { Database } from '../../../src/database/database.js';
import { waitWithoutEnd } from '../../support/patience.js';
import { emptyIndex } from './qdrant-fixtures.js';

const X = Float32Array.of(1, 0, 0);

/** An empty index, and what marks many of its memories while somebody waits for it. */
export async function indexWithRoom(database: Database, url: string) {
  const index = await emptyIndex(database, url);
  const { parts, tables, collection } = index;
  /** How many waited to be indexed whenever somebody waited for them. */
  const seen: number[] = [];

  const marks = (): Promise<number> => database.asSystem((tx) => parts.outbox.count(tx, 1_000_000));

  /** Adds memories of these words and has them indexed; answers their ids. */
  async function fill(count: number, words = 'apple banana'): Promise<string[]> {
    const memoryIds = await tables.addRows(collection, count);
    const own = { collectionId: collection, spaceId: tables.space.id, embedding: X, words };
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.write(
        tx,
        memoryIds.map((memoryId) => ({ memoryId, ...own })),
      ),
    );
    await parts.drain();
    return memoryIds;
  }

  /** The index catches up whenever somebody waits for it, who has time for that. */
  function keepUp(): void {
    waitWithoutEnd();
    const sleep = parts.clock.sleep.bind(parts.clock);
    jest.spyOn(parts.clock, 'sleep').mockImplementation(async (ms, signal) => {
      seen.push(await marks());
      await parts.drain();
      await sleep(ms, signal);
    });
  }

  return { ...index, seen, marks, fill, keepUp };
}

export type IndexWithRoom = Awaited<ReturnType<typeof indexWithRoom>>;
