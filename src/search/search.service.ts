import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { Database } from '../database/database.js';
import { VECTOR_INDEX, type ReadRows, type VectorIndex } from '../indexing/vector-index.js';
import { EMBEDDER, type Embedder } from '../inference/embedder.js';
import { toHit, withNeighbours } from './hit.mapper.js';
import type { SearchHit } from './search.schema.js';
import type { SearchQuery } from './search-query.js';
import { SearchRepository, type SearchedCollection } from './search.repository.js';
import { mergeByRank, spacesOf } from './searched-spaces.js';
import { SpaceSearch, type SpaceHit } from './space-search.js';

export type Hit = SearchHit;

export interface RelatedOptions {
  readonly limit: number;
  /** 0 to 1; every hit reaches it. */
  readonly minScore: number;
}

@Injectable()
export class SearchService {
  constructor(
    private readonly database: Database,
    private readonly repository: SearchRepository,
    private readonly spaces: SpaceSearch,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
  ) {}

  /**
   * The best memories for a query, best first.
   * @throws AppError `collection_not_found`, `embedder_unavailable`, `embedding_model_differs`
   */
  async search(tenant: string, query: SearchQuery): Promise<Hit[]> {
    const mode = query.mode ?? 'hybrid';
    // Before the transaction: a model may be on the other side of a network.
    const embedding = mode === 'text' ? null : await this.embed(query.query);
    return this.reading(tenant, async (read) => {
      const collections = await read((tx) => this.scope(tx, tenant, query));
      const lists: SpaceHit[][] = [];
      for (const space of spacesOf(collections, mode, this.embedder.model)) {
        lists.push(
          await this.spaces.search(read, tenant, {
            ...space,
            embedding: space.comparable ? embedding : null,
            text: query.query,
            limit: query.limit,
            minScore: query.minScore,
            boosts: query.boosts ?? true,
            filter: query.filter ?? {},
          }),
        );
      }
      const hits = mergeByRank(lists, query.limit).map((hit) => toHit(hit.row, hit));
      return this.addNeighbours(read, tenant, hits, query.neighbours ?? 0);
    });
  }

  /**
   * The memories of a collection that are most like one of it, which is not among them. Works for
   * archived and superseded ones too.
   * @throws AppError `collection_not_found`, `memory_not_found`
   */
  related(tenant: string, name: string, id: string, options: RelatedOptions): Promise<Hit[]> {
    return this.reading(tenant, async (read) => {
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
    });
  }

  /** One transaction for all of it, unless the index is elsewhere: then none waits for a network. */
  private reading<T>(tenant: string, work: (read: ReadRows) => Promise<T>): Promise<T> {
    if (this.index.inDatabase)
      return this.database.inTenant(tenant, (tx) => work((part) => part(tx)));
    return work((part) => this.database.inTenant(tenant, part));
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

  private async embed(text: string): Promise<Float32Array | null> {
    await this.embedder.ready();
    const [vector] = await this.embedder.embed([text]);
    return knownOnly(vector!);
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

/** Null for the zero vector, the embedding of a text without known words: it is like no other. */
function knownOnly(vector: Float32Array): Float32Array | null {
  return vector.some((value) => value !== 0) ? vector : null;
}
