import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { together } from '../../database/together.js';
import { OutboxPressure } from '../outbox/outbox-pressure.js';
import { rankCandidates, type ScoredMemory } from '../rank-candidates.js';
import { IndexRows } from '../rows/index-rows.js';
import { RowBackedIndex } from '../rows/row-backed-index.js';
import { IndexWriter } from '../rows/index-writer.js';
import { filtersRows, memoryConditions, VISIBLE } from '../rows/memory-conditions.js';
import { Parameters } from '../rows/parameters.js';
import { QueryStatistics } from '../statistics/query-statistics.js';
import { weighQuery, wordsAskedFor, type WeighedQuery } from '../terms/weighed-query.js';
import type { TermStatistics } from '../statistics/term-statistics.repository.js';
import type {
  Candidate,
  CandidateList,
  CompleteScores,
  IndexQuery,
  PreparedQuery,
  ReadRows,
  SpaceRef,
} from '../vector-index.js';
import { uuidArray } from '../binary-arrays.js';
import { armsOf, bestOf, scoresOf, toScored } from './arms.js';
import { pointFilter } from './point-filter.js';
import { type MarkedSources, PointSourcesRepository } from './point-sources.repository.js';
import { scoreSources } from './score-sources.js';
import { SearchPatience } from './search-patience.js';
import { QdrantCollectionMissing, QdrantRefusal } from './qdrant-errors.js';
import { QdrantSpaces } from './qdrant-spaces.js';
import { QdrantStore, type Query, type ScoredPoint } from './qdrant-store.js';

/**
 * So many marked memories a search scores by itself: more than one bulk request adds (100). Still
 * more of them are a sync, which it lets be.
 */
const SCORED_BY_SEARCH = 128;

/** What the rows say about a query. */
interface RowsOfQuery {
  readonly statistics: TermStatistics;
  readonly pending: MarkedSources | null;
}

/**
 * Vectors and words in Qdrant, which follows the rows by way of the outbox. What a search finds is
 * checked against the rows, so a point that is behind hides nothing for long and shows nothing.
 */
@Injectable()
export class QdrantIndex extends RowBackedIndex {
  readonly inDatabase = false;

  constructor(
    private readonly store: QdrantStore,
    private readonly spaces: QdrantSpaces,
    rows: IndexRows,
    writer: IndexWriter,
    private readonly sources: PointSourcesRepository,
    private readonly statistics: QueryStatistics,
    private readonly pressure: OutboxPressure,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly patience: SearchPatience,
  ) {
    super(rows, writer);
  }

  /** The first point makes it; a start must not wait for Qdrant. */
  ensureSpace(_space: SpaceRef): Promise<void> {
    return Promise.resolve();
  }

  waitForRoom(signal: AbortSignal): Promise<void> {
    return this.pressure.wait(signal);
  }

  waitAsMaintenance(signal?: AbortSignal): Promise<number> {
    return this.pressure.waitAsMaintenance(signal);
  }

  requireRoom(): Promise<void> {
    return this.pressure.require();
  }

  async isServing(tx: EntityManager, { id }: SpaceRef, collectionId: string): Promise<boolean> {
    return !(await this.sources.isPending(tx, id, collectionId));
  }

  async prepare(tx: EntityManager, query: IndexQuery): Promise<RowsOfQuery> {
    const { space, collectionIds } = query;
    const ids = wordsAskedFor(query).map((term) => term.id);
    const [statistics, pending] = await together(
      () => this.statistics.read(tx, collectionIds, ids),
      () => this.sources.pending(tx, space.id, collectionIds, SCORED_BY_SEARCH),
    );
    return { statistics, pending };
  }

  async candidates(
    read: ReadRows,
    query: IndexQuery,
    prepared?: PreparedQuery,
  ): Promise<CandidateList> {
    const asked = query.mode === 'text' ? { ...query, embedding: null } : query;
    const terms = wordsAskedFor(asked);
    const rows =
      (prepared as RowsOfQuery | undefined) ?? (await read((tx) => this.prepare(tx, asked)));
    const { statistics, pending } = rows;
    const words = weighQuery(terms, statistics);
    if (!words && !asked.embedding) return { candidates: [], full: false };
    const indexed = await this.ask(asked, words, pending);
    // What is marked may be another text by now, or none.
    const marked = new Set(pending?.ids);
    const shown = pending?.sources.filter(({ visible }) => visible) ?? [];
    const found = [
      ...indexed.filter(({ memoryId }) => !marked.has(memoryId)),
      ...scoreSources(shown, asked.embedding, words),
    ];
    const ranked = (scored: readonly ScoredMemory[]) =>
      rankCandidates(scored, asked, words?.highest ?? 0, statistics.documents);
    const candidates = await this.admitted(read, asked, ranked(found));
    if (candidates.length === 0) await read((tx) => this.requireSpace(tx, asked));
    return {
      candidates,
      full: found.length >= asked.depth,
      complete: this.completing(asked, words, ranked),
    };
  }

  /**
   * The rows have what an arm of Qdrant has not told, and search reads so few of them that asking
   * Qdrant for it would take longer.
   */
  private completing(
    query: IndexQuery,
    words: WeighedQuery | null,
    ranked: (scored: readonly ScoredMemory[]) => Candidate[],
  ): CompleteScores {
    return async (tx, candidates) => {
      const lacking = candidates.filter(({ bounded }) => bounded).map(({ memoryId }) => memoryId);
      const [sources] = await together(
        () =>
          lacking.length > 0
            ? this.sources.scored(tx, query.space.id, lacking)
            : Promise.resolve([]),
        () => this.requireSpace(tx, query),
      );
      const all = [
        ...candidates.filter(({ bounded }) => !bounded),
        ...ranked(scoreSources(sources, query.embedding, words)),
      ];
      return new Map(all.map((candidate) => [candidate.memoryId, candidate]));
    };
  }

  /** A reindex that ended since the search began has emptied the space that it looked into. */
  private requireSpace(tx: EntityManager, { space, collectionIds }: IndexQuery): Promise<void> {
    return this.rows.requireSpace(tx, space.id, collectionIds);
  }

  /** Both arms in one request. */
  private async ask(
    query: IndexQuery,
    words: WeighedQuery | null,
    pending: MarkedSources | null,
  ): Promise<ScoredMemory[]> {
    const arms = armsOf(query, words);
    const filter = pointFilter(query, this.clock.now());
    const { id } = query.space;
    const first = bestOf(arms, filter, query.depth);
    const answers = await this.answers(id, first);
    if (answers === null) {
      // Nothing has been written yet. What is marked the search has scored, unless it is too much.
      if (pending !== null) return [];
      throw unavailable('The vector index is still to be made.', { retryAfter: 2 });
    }
    return toScored(arms, scoresOf(first, answers), query.depth);
  }

  /** @returns null where the first collection is still to be made */
  private async answers(space: number, queries: readonly Query[]): Promise<ScoredPoint[][] | null> {
    if (queries.length === 0) return [];
    const alias = this.spaces.alias(space);
    const ask = () => this.patience.ask((ms) => this.store.query(alias, queries, ms));
    try {
      return await ask().catch(async (error: unknown) => {
        if (!(error instanceof QdrantCollectionMissing)) throw error;
        if (!(await this.spaces.isMade(space))) return null;
        // It may have been made between the question and the look at its row.
        return await ask();
      });
    } catch (error) {
      if (error instanceof QdrantRefusal)
        throw unavailable(`The vector index: ${error.message}`, { cause: error });
      if (!(error instanceof QdrantCollectionMissing)) throw error;
      // The applier will notice.
      throw unavailable(
        'The vector index has lost its points; they are being made again from the rows.',
        { retryAfter: 10, cause: error },
      );
    }
  }

  /** Candidates that meet the filter as the rows have it now. */
  private async admitted<T extends { memoryId: string }>(
    read: ReadRows,
    query: IndexQuery,
    candidates: readonly T[],
  ): Promise<T[]> {
    const excluded = new Set(query.filter.excludeIds);
    const wanted = candidates.filter(({ memoryId }) => !excluded.has(memoryId));
    if (wanted.length === 0 || !filtersRows(query.filter)) return wanted;
    const parameters = new Parameters();
    const ids = uuidArray(wanted.map(({ memoryId }) => memoryId));
    const conditions = [
      `m.id = any(${parameters.add(ids)}::uuid[])`,
      VISIBLE,
      ...memoryConditions(query.filter, parameters),
    ];
    const rows = await read((tx) =>
      tx.query<{ id: string }[]>(
        `select m.id from memories m where ${conditions.join(' and ')}`,
        parameters.values,
      ),
    );
    const admitted = new Set(rows.map(({ id }) => id));
    return wanted.filter(({ memoryId }) => admitted.has(memoryId));
  }
}

function unavailable(message: string, options: ErrorOptions & { retryAfter?: number }): AppError {
  return new AppError('index_unavailable', message, options);
}
