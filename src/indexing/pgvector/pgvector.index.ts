import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { rankCandidates, type ScoredMemory } from '../rank-candidates.js';
import { IndexRows } from '../rows/index-rows.js';
import { RowBackedIndex } from '../rows/row-backed-index.js';
import { IndexWriter } from '../rows/index-writer.js';
import { QueryStatistics } from '../statistics/query-statistics.js';
import { wordsAskedFor } from '../terms/weighed-query.js';
import type { TermStatistics } from '../statistics/term-statistics.repository.js';
import type {
  CandidateList,
  IndexQuery,
  PreparedQuery,
  ReadRows,
  SpaceRef,
} from '../vector-index.js';
import { CandidateFinder, denseCount } from './candidate-finder.js';
import type { FoundCandidate } from './candidate-statement.js';
import { HnswIndexes } from './hnsw-indexes.js';
import { searchSettings } from './search-settings.js';
import { wordsQuery } from './words-query.js';

/** Vectors and words in PostgreSQL or PGlite, beside the rows and in their transactions. */
@Injectable()
export class PgVectorIndex extends RowBackedIndex {
  readonly inDatabase = true;

  constructor(
    private readonly database: Database,
    rows: IndexRows,
    writer: IndexWriter,
    private readonly statistics: QueryStatistics,
    private readonly finder: CandidateFinder,
    private readonly hnsw: HnswIndexes,
  ) {
    super(rows, writer);
  }

  ensureSpace(space: SpaceRef): Promise<void> {
    this.hnsw.watch(space);
    return Promise.resolve();
  }

  candidates(read: ReadRows, query: IndexQuery, prepared?: PreparedQuery): Promise<CandidateList> {
    const asked = query.mode === 'text' ? { ...query, embedding: null } : query;
    return read(async (tx) => {
      const rows = (prepared as TermStatistics | undefined) ?? (await this.prepare(tx, asked));
      return this.find(tx, asked, rows);
    });
  }

  /** The planner's settings for the rest of the transaction ride along. */
  prepare(tx: EntityManager, query: IndexQuery): Promise<TermStatistics> {
    const ids = wordsAskedFor(query).map((term) => term.id);
    const settings = searchSettings(query, this.database.mode);
    return this.statistics.read(tx, query.collectionIds, ids, settings);
  }

  /** An index that is still to be built would be missed by every search of a large collection. */
  isServing(tx: EntityManager, space: SpaceRef): Promise<boolean> {
    return this.hnsw.isServing(tx, space);
  }

  waitForRoom(): Promise<void> {
    return Promise.resolve();
  }

  waitAsMaintenance(): Promise<number> {
    return Promise.resolve(Infinity);
  }

  requireRoom(): Promise<void> {
    return Promise.resolve();
  }

  private async find(
    tx: EntityManager,
    query: IndexQuery,
    statistics: TermStatistics,
  ): Promise<CandidateList> {
    const { collectionIds, depth } = query;
    const words = wordsQuery(wordsAskedFor(query), collectionIds, statistics, depth);
    if (!words && !query.embedding) return { candidates: [], full: false };
    const rows = await this.finder.find(tx, query, words, statistics.documents);
    return {
      candidates: rankCandidates(
        rows.map(toScored),
        query,
        words?.highest ?? 0,
        statistics.documents,
      ),
      full: denseCount(rows) >= depth || rows.filter((row) => row.inWords).length >= depth,
    };
  }
}

/** Operator classes sort ascending, so pgvector's inner products are negative. */
function toScored(row: FoundCandidate): ScoredMemory {
  return {
    memoryId: row.memoryId,
    cosine: row.distance === null ? 0 : -row.distance,
    bm25: row.product === null ? 0 : Math.max(0, -row.product),
  };
}
