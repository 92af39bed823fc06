import { CollectionsService } from '../../src/collections/collections.service.js';
import { Database } from '../../src/database/database.js';
import { HnswIndexes } from '../../src/indexing/pgvector/hnsw-indexes.js';
import { StatsFolder } from '../../src/indexing/statistics/stats-folder.js';
import { RememberService } from '../../src/remember/remember.service.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';
import { Corpus } from '../support/corpus.js';
import type { SearchServer } from './search-server.js';

const WORDS_PER_TEXT = 60;
const TEXTS_AT_ONCE = 1000;

/** A collection of `count` memories of about 60 tokens each. */
export async function fillCollection(
  server: SearchServer,
  count: number,
): Promise<TargetCollection> {
  const collections = server.get(CollectionsService);
  const collection = await collections.ensure(server.tenant, `memories-${count}`);
  const corpus = new Corpus(count);
  for (let left = count; left > 0; left -= TEXTS_AT_ONCE) {
    const items = Array.from({ length: Math.min(left, TEXTS_AT_ONCE) }, () => ({
      text: corpus.text(WORDS_PER_TEXT),
    }));
    await server.get(RememberService).add(server.tenant, collection, items);
  }
  return collection;
}

/** Everything that background work would do in the minutes after a load. */
export async function settle(server: SearchServer): Promise<void> {
  await server.get(StatsFolder).foldAll();
  await server.get(HnswIndexes).buildMissing();
  await server.get(Database).maintain('vacuum (analyze)');
}
