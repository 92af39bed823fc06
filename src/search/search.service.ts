import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { Database } from '../database/database.js';
import { together } from '../database/together.js';
import {
  VECTOR_INDEX,
  type PreparedQuery,
  type ReadRows,
  type VectorIndex,
} from '../indexing/vector-index.js';
import { SpaceChanged } from '../indexing/space-changed.js';
import { Embedders } from '../inference/embedders.js';
import { Metrics } from '../metrics/metrics.js';
import { toHit, withNeighbours } from './hit.mapper.js';
import type { SearchHit } from './search.schema.js';
import type { SearchMode, SearchQuery } from './search-query.js';
import { SearchRepository, type SearchedCollection } from './search.repository.js';
import { RecentScopes } from './recent-scopes.js';
import { mergeByRank, spacesOf, type SearchedSpace } from './searched-spaces.js';
import { SpaceSearch, type SpaceHit, type SpaceQuery } from './space-search.js';

export type Hit = SearchHit;

/** What a search writes, statistics that it folds, may be lost: whoever comes next folds them. */
const READING = { answers: 'early' } as const;

/** A query's vector by model; null where it has no word that the model knows. */
type Embedded = Map<string, Float32Array | null>;

interface PreparedSpace {
  readonly asked: SpaceQuery;
  readonly prepared?: PreparedQuery;
}

export interface RelatedOptions {
  readonly limit: number;
  /** 0 to 1; every hit reaches it. */
  readonly minScore: number;
}

@Injectable()
export class SearchService {
  private readonly recent = new RecentScopes();

  constructor(
    private readonly database: Database,
    private readonly repository: SearchRepository,
    private readonly spaces: SpaceSearch,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    private readonly embedders: Embedders,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The best memories for a query, best first.
   * @throws AppError `collection_not_found`, `embedder_unavailable`, `embedding_refused`,
   *   `embedding_model_differs`, `index_unavailable`
   */
  async search(tenant: string, query: SearchQuery): Promise<Hit[]> {
    const mode = query.mode ?? 'hybrid';
    const started = performance.now();
    let outcome: 'ok' | 'error' = 'error';
    try {
      const hits = await this.find(tenant, query, mode);
      outcome = 'ok';
      return hits;
    } finally {
      this.metrics.searched(mode, outcome, (performance.now() - started) / 1000);
    }
  }

  private async find(tenant: string, query: SearchQuery, mode: SearchMode): Promise<Hit[]> {
    const { standard, models } = this.embedders;
    const embedded: Embedded = new Map();
    // With one model there is nothing to look up before the query can be embedded.
    if (mode !== 'text' && models.size === 1)
      await this.embed(query.query, [standard.model], embedded);
    for (;;) {
      const found = await inOneSpace(() => this.findWith(tenant, query, mode, embedded));
      if ('hits' in found) return found.hits;
      await this.embed(query.query, found.missing, embedded);
    }
  }

  /** @returns the models that the query is still to be embedded with, where there are any */
  private findWith(
    tenant: string,
    query: SearchQuery,
    mode: SearchMode,
    embedded: Embedded,
  ): Promise<{ hits: Hit[] } | { missing: string[] }> {
    return this.reading(tenant, async (read) => {
      const begun = await read((tx) => this.begin(tx, tenant, query, mode, embedded));
      if ('missing' in begun) return begun;
      const lists: SpaceHit[][] = [];
      for (const { asked, prepared } of begun.spaces)
        lists.push(await this.spaces.search(read, tenant, asked, prepared));
      const hits = mergeByRank(lists, query.limit).map((hit) => toHit(hit.row, hit));
      return { hits: await this.addNeighbours(read, tenant, hits, query.neighbours ?? 0) };
    });
  }

  /**
   * Looks the collections up. What is needed of them is asked for at once where a search of the
   * same scope tells which ones they will be, and after that where they are not.
   */
  private async begin(
    tx: EntityManager,
    tenant: string,
    query: SearchQuery,
    mode: SearchMode,
    embedded: Embedded,
  ): Promise<{ spaces: PreparedSpace[] } | { missing: string[] }> {
    const scope = [tenant, mode, query.collections ?? null, query.only ?? null];
    const known = this.recent.guess(scope);
    const guess = missingModels(known, embedded).length === 0 ? known : [];
    const prepare = (spaces: readonly SearchedSpace[]) =>
      this.prepare(
        tx,
        tenant,
        spaces.map((space) => spaceQuery(space, query, embedded)),
      );
    const [spaces, prepared] = await together(
      () => this.spacesOf(tx, tenant, query, mode),
      () => prepare(guess),
    );
    const missing = missingModels(spaces, embedded);
    if (missing.length > 0) return { missing };
    const right = this.recent.confirm(scope, guess, spaces);
    return { spaces: right ? prepared : await prepare(spaces) };
  }

  /**
   * In the database only for the first space: what is prepared there holds until something else is,
   * e.g. by a search that hidden memories crowd out.
   */
  private prepare(
    tx: EntityManager,
    tenant: string,
    queries: readonly SpaceQuery[],
  ): Promise<PreparedSpace[]> {
    const parts = queries.map((asked, at) => async () => {
      if (this.index.inDatabase && at > 0) return { asked };
      return { asked, prepared: await this.spaces.prepare(tx, tenant, asked) };
    });
    return together<PreparedSpace[]>(...parts);
  }

  private async spacesOf(
    tx: EntityManager,
    tenant: string,
    query: SearchQuery,
    mode: SearchMode,
  ): Promise<SearchedSpace[]> {
    const collections = await this.scope(tx, tenant, query);
    return spacesOf(collections, mode, this.embedders.models, this.index.inDatabase);
  }

  /**
   * The memories of a collection that are most like one of it, which is not among them. Works for
   * archived and superseded ones too.
   * @throws AppError `collection_not_found`, `memory_not_found`
   */
  related(tenant: string, name: string, id: string, options: RelatedOptions): Promise<Hit[]> {
    const find = async (read: ReadRows): Promise<Hit[]> => {
      const { collection, text, vector } = await read((tx) => this.subject(tx, tenant, name, id));
      const embedding = vector && knownOnly(vector);
      const hits = await this.spaces.search(read, tenant, {
        collections: [collection],
        // A text that the model knows no word of has relatives by its words alone.
        mode: embedding ? 'vector' : 'text',
        embedding: embedding ?? null,
        text,
        limit: options.limit,
        minScore: options.minScore,
        boosts: false,
        filter: { excludeIds: [id] },
      });
      return hits.filter((hit) => hit.score >= options.minScore).map((hit) => toHit(hit.row, hit));
    };
    return inOneSpace(() => this.reading(tenant, find));
  }

  /** One transaction for all of it, unless the index is elsewhere: then none waits for a network. */
  private reading<T>(tenant: string, work: (read: ReadRows) => Promise<T>): Promise<T> {
    if (this.index.inDatabase)
      return this.database.inTenant(tenant, (tx) => work((part) => part(tx)), READING);
    return work((part) => this.database.inTenant(tenant, part, READING));
  }

  private async subject(
    tx: EntityManager,
    tenant: string,
    name: string,
    id: string,
  ): Promise<{ collection: SearchedCollection; text: string; vector?: Float32Array }> {
    const [collection] = await this.scope(tx, tenant, { collections: [name] });
    const text = await this.repository.findText(tx, tenant, collection!.id, id);
    if (text === undefined) {
      throw new AppError('memory_not_found', `There is no memory ${id} in "${name}".`);
    }
    const vectors = await this.index.vectors(tx, collection!.space_id, [id]);
    return { collection: collection!, text, vector: vectors.get(id) };
  }

  /** Outside any transaction: a model may be on the other side of a network. */
  private async embed(text: string, models: readonly string[], into: Embedded): Promise<void> {
    for (const model of models) {
      const embedder = this.embedders.find(model)!;
      await embedder.ready();
      const [vector] = await embedder.embed([text]);
      into.set(model, knownOnly(vector!));
    }
  }

  private async scope(
    tx: EntityManager,
    tenant: string,
    { collections, only = null }: Pick<SearchQuery, 'collections' | 'only'>,
  ): Promise<SearchedCollection[]> {
    const seen = only === null ? null : [only];
    const found = await this.repository.collections(tx, tenant, collections ?? seen);
    const missing = collections?.find((name) => !found.some((one) => one.name === name));
    if (missing !== undefined) {
      throw new AppError('collection_not_found', `There is no collection "${missing}".`);
    }
    return found;
  }

  private async addNeighbours(
    read: ReadRows,
    tenant: string,
    hits: Hit[],
    count: number,
  ): Promise<Hit[]> {
    if (count === 0 || hits.length === 0) return hits;
    const ids = hits.map(({ id }) => id);
    const found = await read((tx) => this.repository.neighbours(tx, tenant, ids, count));
    return withNeighbours(hits, found);
  }
}

/** Again, where a reindex ends while a search is under way; it does so once in minutes at most. */
async function inOneSpace<T>(search: () => Promise<T>): Promise<T> {
  try {
    return await search();
  } catch (error) {
    if (error instanceof SpaceChanged) return await search();
    throw error;
  }
}

function spaceQuery(space: SearchedSpace, query: SearchQuery, embedded: Embedded): SpaceQuery {
  return {
    collections: space.collections,
    mode: space.mode,
    embedding: space.comparable ? embedded.get(modelOf(space))! : null,
    text: query.query,
    limit: query.limit,
    minScore: query.minScore,
    boosts: query.boosts ?? true,
    filter: query.filter ?? {},
  };
}

function missingModels(spaces: readonly SearchedSpace[], embedded: Embedded): string[] {
  return spaces
    .filter(({ comparable }) => comparable)
    .map((space) => modelOf(space))
    .filter((model) => !embedded.has(model));
}

/** All collections of a space are of one model. */
function modelOf({ collections }: SearchedSpace): string {
  return collections[0]!.model;
}

/** Null for the zero vector, the embedding of a text without known words: it is like no other. */
function knownOnly(vector: Float32Array): Float32Array | null {
  return vector.some((value) => value !== 0) ? vector : null;
}
