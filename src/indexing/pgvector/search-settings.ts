import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import type { IndexQuery } from '../vector-index.js';
import { leavesOutRows } from '../rows/memory-conditions.js';

/** The largest that pgvector allows. */
const MAX_EF_SEARCH = 1000;

/**
 * How the planner is to work for one search, as settings of its transaction.
 *
 * Without a filter there is one right way: the GIN index for words, the primary key or the HNSW
 * index for vectors. The planner gets it wrong where a collection is a fifth of its table (it
 * reads the whole table) and where a session keeps a plan made for collections of another size;
 * so it is held to indexes, page by page (which is what dear random access makes of them), and
 * plans once. Such a plan knows no size and would start parallel workers, in 6 ms: longer than a
 * search of 1,000 memories takes. With a filter the best way hangs on what the filter leaves, so it
 * plans for each query, told that the tables are in memory and not on a disk.
 */
export function searchSettings(
  query: IndexQuery,
  mode: 'embedded' | 'server',
): Record<string, string> {
  const open = leavesOutRows(query);
  return {
    enable_seqscan: open ? 'on' : 'off',
    plan_cache_mode: open ? 'force_custom_plan' : 'force_generic_plan',
    random_page_cost: open ? '1.1' : '4',
    ...(!open && { max_parallel_workers_per_gather: '0' }),
    // Without it a filter leaves an HNSW scan short of rows: it stops after `ef_search`.
    ...(mode === 'server' && query.embedding
      ? {
          'hnsw.iterative_scan': 'relaxed_order',
          'hnsw.ef_search': String(Math.min(Math.max(query.depth, 1), MAX_EF_SEARCH)),
        }
      : {}),
  };
}

/** For the rest of a transaction. */
export async function applySearchSettings(
  tx: EntityManager,
  query: IndexQuery,
  mode: 'embedded' | 'server',
): Promise<void> {
  const settings = searchSettings(query, mode);
  await runPrepared(
    tx,
    `select set_config(name, value, true)
     from unnest($1::text[], $2::text[]) as setting (name, value)`,
    [Object.keys(settings), Object.values(settings)],
  );
}
