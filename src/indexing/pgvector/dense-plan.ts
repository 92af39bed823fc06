import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../../common/clock.js';
import { Database } from '../../database/database.js';
import type { IndexQuery } from '../vector-index.js';
import { EXACT_ROWS, HnswIndexes } from './hnsw-indexes.js';
import { filtersRows, leavesOutRows, memoryConditions } from '../rows/memory-conditions.js';
import { Parameters } from '../rows/parameters.js';

/** pgvector gives up an iterative scan after so many vectors (`hnsw.max_scan_tuples`). */
const MAX_SCANNED = 20_000;
/** A table may be so many times as large as what a query asks for, for a scan of all of it. */
const TABLE_SHARE = 2;
const PAGE_BYTES = 8_192;
/** Of a row beside its vector, and of a page beside its rows; longer vectors lie elsewhere. */
const ROW_OVERHEAD = 76;
const PAGE_OVERHEAD = 24;
const BELIEVED_MS = 10_000;
/** Below so many documents for each one asked for, a sample takes longer than it saves. */
const SAMPLED_FROM = 200;
/**
 * The best share to sample is the root of this by the documents for each one asked for: a larger
 * one is longer to read, a smaller one gives a worse bound.
 */
const SAMPLE_COST = 0.6;

/** How the dense arm of one query finds its candidates. */
export type DenseScan =
  /** Through the HNSW index, which stores this type, e.g. `vector(256)`. */
  | { readonly kind: 'hnsw'; readonly type: string }
  /** All vectors of the collections, by their key. */
  | { readonly kind: 'collections' }
  /**
   * All vectors there are. Reads no index, and goes through a few buffers of PostgreSQL in turn, so
   * that everything else stays in the others: a search of 100,000 memories in an embedded database
   * took 121 ms instead of 164. On a server row level security would bring an index back in.
   *
   * With a sample (a percentage of its pages) that is read first: the best of those are a bound, and
   * what lies beyond it is not sorted, for which PostgreSQL copies every row. Of 100,000 vectors
   * that took 80 ms instead of 90.
   */
  | { readonly kind: 'table'; readonly sample: number | null };

/** Decides how the dense arm of one query runs. */
@Injectable()
export class DensePlan {
  private tableSize = { bytes: 0, until: 0 };

  constructor(
    private readonly database: Database,
    private readonly indexes: HnswIndexes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param documents of the collections in scope */
  async choose(tx: EntityManager, query: IndexQuery, documents: number): Promise<DenseScan> {
    const type = await this.approximate(tx, query, documents);
    if (type !== null) return { kind: 'hnsw', type };
    if (!(await this.isMostOfTable(tx, query, documents))) return { kind: 'collections' };
    return { kind: 'table', sample: samplePercentage(documents / query.depth) };
  }

  /** @returns the type of the HNSW index to search; null to scan */
  private async approximate(
    tx: EntityManager,
    query: IndexQuery,
    documents: number,
  ): Promise<string | null> {
    if (!query.embedding || documents <= EXACT_ROWS) return null;
    const index = await this.indexes.find(tx, query.space);
    if (!index) return null;
    const inScope = filtersRows(query.filter) ? await estimateRows(tx, query) : documents;
    if (inScope <= EXACT_ROWS) return null;
    // The index holds other tenants' vectors too; among too many of them a scan finds too few.
    const scanned = query.depth * (Math.max(index.rows, inScope) / inScope);
    if (scanned > MAX_SCANNED / 2) return null;
    return index.type;
  }

  /** With conditions on rows the planner decides, which may begin with them. */
  private async isMostOfTable(
    tx: EntityManager,
    query: IndexQuery,
    documents: number,
  ): Promise<boolean> {
    if (this.database.mode === 'server' || !query.embedding || leavesOutRows(query)) return false;
    const rowBytes = 4 * query.space.dimensions + ROW_OVERHEAD;
    const rowsPerPage = Math.floor((PAGE_BYTES - PAGE_OVERHEAD) / rowBytes);
    if (rowsPerPage === 0) return false;
    const now = this.clock.now().getTime();
    if (now >= this.tableSize.until)
      this.tableSize = { bytes: await tableBytes(tx), until: now + BELIEVED_MS };
    return this.tableSize.bytes <= (TABLE_SHARE * documents * PAGE_BYTES) / rowsPerPage;
  }
}

/**
 * @param documentsPerHit those of the collections in scope for each one that is asked for
 * @returns of the table's pages, above 0 to 100; null where a sample does not pay
 */
function samplePercentage(documentsPerHit: number): number | null {
  return documentsPerHit < SAMPLED_FROM ? null : 100 * Math.sqrt(SAMPLE_COST / documentsPerHit);
}

async function tableBytes(tx: EntityManager): Promise<number> {
  const [row] = await tx.query<{ bytes: string }[]>(`select pg_relation_size('vectors') as bytes`);
  return Number(row!.bytes);
}

/** What the planner expects a filter to leave; wrong by a factor at times, so only a hint. */
async function estimateRows(tx: EntityManager, query: IndexQuery): Promise<number> {
  const parameters = new Parameters();
  const conditions = [
    `m.collection_id = any(${parameters.add(query.collectionIds)}::uuid[])`,
    'm.visible',
    ...memoryConditions(query.filter, parameters),
  ];
  const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }[]>(
    `explain (format json) select from memories m where ${conditions.join(' and ')}`,
    parameters.values,
  );
  return row!['QUERY PLAN'][0].Plan['Plan Rows'];
}
