import type { EntityManager } from 'typeorm';
import { armsOf, bestOf } from '../../src/indexing/qdrant/arms.js';
import { pointFilter } from '../../src/indexing/qdrant/point-filter.js';
import type { QdrantParts } from '../../src/indexing/qdrant/qdrant-parts.js';
import { TermStatisticsRepository } from '../../src/indexing/statistics/term-statistics.repository.js';
import { queryTerms } from '../../src/indexing/terms/sparse-encoder.js';
import { weighQuery } from '../../src/indexing/terms/weighed-query.js';
import type { IndexQuery, ReadRows } from '../../src/indexing/vector-index.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';
import { DEPTH, type BareTimes } from './bare-arms.js';

/**
 * The two arms alone, one request after the other with the product's client: no transaction,
 * statistics, embedding, scores of the other arm, fusion or rows.
 * @returns milliseconds
 */
export async function bareArmsOfQdrant(
  { store, spaces }: QdrantParts,
  read: ReadRows,
  tenant: string,
  collection: TargetCollection,
  query: { text: string; embedding: Float32Array },
): Promise<BareTimes> {
  const asked: IndexQuery = {
    ...query,
    tenant,
    space: { id: collection.spaceId, dimensions: collection.dimensions },
    collectionIds: [collection.id],
    mode: 'hybrid',
    depth: DEPTH,
    minCosine: -1,
    filter: {},
  };
  const terms = queryTerms(query.text);
  const ids = terms.map((term) => term.id);
  const statistics = await read((tx: EntityManager) =>
    new TermStatisticsRepository().read(tx, asked.collectionIds, ids),
  );
  const words = weighQuery(terms, statistics);
  const filter = pointFilter(asked, new Date());
  const alias = spaces.alias(collection.spaceId);
  const arms = armsOf(asked, words);
  const start = performance.now();
  await store.query(alias, bestOf({ ...arms, words: null }, filter, DEPTH));
  const middle = performance.now();
  await store.query(alias, bestOf({ ...arms, dense: null }, filter, DEPTH));
  return { dense: middle - start, words: performance.now() - middle };
}
