import { CollectionsService } from '../../src/collections/collections.service.js';
import { AppError } from '../../src/common/errors/app-error.js';
import { Database } from '../../src/database/database.js';
import { QDRANT, type QdrantParts } from '../../src/indexing/qdrant/qdrant-parts.js';
import { HnswIndexes } from '../../src/indexing/pgvector/hnsw-indexes.js';
import { StatsFolder } from '../../src/indexing/statistics/stats-folder.js';
import { RememberService } from '../../src/remember/remember.service.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';
import { Corpus } from '../support/corpus.js';
import type { SearchServer } from './search-server.js';

const WORDS_PER_TEXT = 60;
const WAIT_FOR = ['database_busy', 'index_behind'];

/** A collection of `count` memories of about 60 tokens each. */
export async function fillCollection(
  server: SearchServer,
  count: number,
): Promise<TargetCollection> {
  const collections = server.get(CollectionsService);
  const collection = await collections.ensure(server.tenant, `memories-${count}`);
  const corpus = new Corpus(count);
  const { writeBatch } = server.get(Database);
  for (let left = count; left > 0; left -= writeBatch) {
    const items = Array.from({ length: Math.min(left, writeBatch) }, () => ({
      text: corpus.text(WORDS_PER_TEXT),
    }));
    await patiently(() => server.get(RememberService).add(server.tenant, collection, items));
  }
  return collection;
}

/** As clients do: one batch is one transaction, so a refused one has stored nothing. */
async function patiently(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof AppError) || !WAIT_FOR.includes(error.code)) throw error;
    await patiently(write);
  }
}

/** Everything that background work would do in the minutes after a load. */
export async function settle(server: SearchServer): Promise<void> {
  const qdrant = server.get<QdrantParts | null>(QDRANT);
  while (qdrant && (await server.get(Database).asSystem((tx) => qdrant.outbox.count(tx, 1))) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const name of (await qdrant?.store.collections()) ?? []) {
    while ((await qdrant!.store.status(name)) !== 'green')
      await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await server.get(StatsFolder).foldAll();
  // The second look sees that nothing is being loaded any more.
  for (let look = 1; look <= 2; look += 1) await server.get(HnswIndexes).buildMissing();
  await server.get(Database).maintain('vacuum (analyze)');
}
