import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IndexQuery } from '../vector-index.js';
import { EXACT_ROWS, HnswIndexes } from './hnsw-indexes.js';
import { filtersRows, memoryConditions } from '../rows/memory-conditions.js';
import { Parameters } from '../rows/parameters.js';

/** pgvector gives up an iterative scan after so many vectors (`hnsw.max_scan_tuples`). */
const MAX_SCANNED = 20_000;

/** Decides how the dense arm of one query runs. */
@Injectable()
export class DensePlan {
  constructor(private readonly indexes: HnswIndexes) {}

  /**
   * @param documents of the collections in scope
   * @returns the type of the HNSW index to search; null to scan
   */
  async approximate(
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
