import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../src/database/prepared-statement.js';
import { intArray, vectorBytes } from '../../src/indexing/binary-arrays.js';
import { indexedType } from '../../src/indexing/pgvector/hnsw-indexes.js';
import { wordsQuery } from '../../src/indexing/pgvector/words-query.js';
import { TermStatisticsRepository } from '../../src/indexing/statistics/term-statistics.repository.js';
import { queryTerms } from '../../src/indexing/terms/sparse-encoder.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';

const DEPTH = 200;

export interface BareTimes {
  readonly dense: number;
  readonly words: number;
}

/**
 * The two arms as one would write them by hand, one after the other: no transaction, statistics,
 * embedding, fusion or rows. What the product adds to these is its overhead.
 * @param approximate through the HNSW index
 * @returns milliseconds
 */
export async function bareArms(
  tx: EntityManager,
  collection: TargetCollection,
  query: { text: string; embedding: Float32Array },
  approximate: boolean,
): Promise<BareTimes> {
  const terms = queryTerms(query.text);
  const statistics = await new TermStatisticsRepository().read(
    tx,
    [collection.id],
    terms.map((term) => term.id),
  );
  const words = wordsQuery(terms, [collection.id], statistics, DEPTH)!;
  if (approximate)
    await tx.query(
      `select set_config('hnsw.iterative_scan', 'relaxed_order', true),
         set_config('hnsw.ef_search', '${DEPTH}', true)`,
    );
  const type = approximate ? `::${indexedType(collection.dimensions)}` : '';
  const start = performance.now();
  await runPrepared(
    tx,
    `select memory_id, embedding <#> $2::vector as score from vectors
     where space_id = ${collection.spaceId} and collection_id = $1
     order by embedding${type} <#> $2::vector${type} limit ${DEPTH}`,
    [collection.id, vectorBytes(query.embedding)],
  );
  const middle = performance.now();
  await runPrepared(
    tx,
    `select memory_id, weights <#> $2::sparsevec as score from words
     where collection_id = $1 and terms && $3::int[]
     order by weights <#> $2::sparsevec limit ${DEPTH}`,
    [collection.id, words.weights, intArray(words.gate)],
  );
  return { dense: middle - start, words: performance.now() - middle };
}
