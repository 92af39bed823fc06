import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../src/database/prepared-statement.js';
import { intArray, vectorBytes } from '../../src/indexing/binary-arrays.js';
import type { DenseScan } from '../../src/indexing/pgvector/dense-plan.js';
import { searchSettings } from '../../src/indexing/pgvector/search-settings.js';
import { wordsQuery } from '../../src/indexing/pgvector/words-query.js';
import { TermStatisticsRepository } from '../../src/indexing/statistics/term-statistics.repository.js';
import { queryTerms } from '../../src/indexing/terms/sparse-encoder.js';
import type { IndexQuery } from '../../src/indexing/vector-index.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';

export const DEPTH = 200;

export interface BareTimes {
  readonly dense: number;
  readonly words: number;
}

/**
 * The two arms alone, one after the other, with the plans that the product's settings give them:
 * no transaction, statistics, embedding, scores of the other arm, fusion or rows. What a search
 * takes longer is what the product adds.
 * @param scan as the product chooses it for this query
 * @returns milliseconds
 */
export async function bareArms(
  tx: EntityManager,
  mode: 'embedded' | 'server',
  collection: TargetCollection,
  query: { text: string; embedding: Float32Array },
  scan: DenseScan,
): Promise<BareTimes> {
  const asked: IndexQuery = {
    ...query,
    tenant: '',
    space: { id: collection.spaceId, dimensions: collection.dimensions },
    collectionIds: [collection.id],
    mode: 'hybrid',
    depth: DEPTH,
    minCosine: -1,
    filter: {},
  };
  const terms = queryTerms(query.text);
  const statistics = await new TermStatisticsRepository().read(
    tx,
    asked.collectionIds,
    terms.map((term) => term.id),
    searchSettings(asked, mode),
  );
  const words = wordsQuery(terms, asked.collectionIds, statistics, DEPTH)!;
  const type = scan.kind === 'hnsw' ? `::${scan.type}` : '';
  const ofSpace = `space_id = ${collection.spaceId}`;
  const inScope = {
    hnsw: `${ofSpace} and coalesce(collection_id = $1, false)`,
    collections: `${ofSpace} and collection_id = $1`,
    table: `coalesce(${ofSpace} and collection_id = $1, false)`,
  };
  const start = performance.now();
  await runPrepared(
    tx,
    `select memory_id, embedding <#> $2::vector as score from vectors
     where ${inScope[scan.kind]}
     order by embedding${type} <#> $2::vector${type} limit ${DEPTH}`,
    [collection.id, vectorBytes(query.embedding)],
  );
  const middle = performance.now();
  await runPrepared(
    tx,
    `select memory_id, weights <#> $2::sparsevec as score from words
     where terms && $3::int[] and coalesce(collection_id = $1, false)
     order by weights <#> $2::sparsevec limit ${DEPTH}`,
    [collection.id, words.weights, intArray(words.gate)],
  );
  return { dense: middle - start, words: performance.now() - middle };
}
