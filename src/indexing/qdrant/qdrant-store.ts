import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import type { Secret } from '../../common/secret.js';
import { SearchRequests } from './search-requests.js';
import { ConnectionEnded, QdrantRefusal, translateQdrantError } from './qdrant-errors.js';

export interface QdrantSettings {
  /** With scheme, host and port (6333 where none is given); a path is a proxy's prefix. */
  readonly url: string;
  readonly apiKey?: Secret<string>;
}

export type Point = Schemas['PointStruct'] & { readonly id: string };
export type Query = Schemas['QueryRequest'];
export type ScoredPoint = Schemas['ScoredPoint'];
export type Filter = Schemas['Filter'];
export type StoredPoint = Schemas['Record'];

export const DENSE = 'dense';
export const WORDS = 'words';

/**
 * Qdrant merges segments until there are as many as it has processors. Under steady writes each new
 * one is merged into a large one then, which rewrites most of the collection: on two cores that took
 * half of one, and searches beside syncs waited for it (p99 680 to 800 ms, with four segments 456).
 * The price is more work for each search, a fifth more at 10,000 memories.
 * https://qdrant.tech/documentation/concepts/optimizer/
 */
const OPTIMIZERS = { default_segment_number: 4 };

/** Longer than any healthy answer, shorter than a claim on a mark. */
const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 16;

/**
 * The calls to Qdrant that the product makes (https://api.qdrant.tech/api-reference).
 * Every method throws AppError `index_unavailable` when there is no answer, `QdrantRefusal` for a
 * request that it does not take and `QdrantCollectionMissing` for a collection that is not there.
 */
export class QdrantStore {
  private readonly client: QdrantClient;
  private readonly searches: SearchRequests;
  private readonly hasKey: boolean;

  constructor({ url, apiKey }: QdrantSettings) {
    const { origin, pathname } = new URL(url);
    const prefix = pathname.replace(/\/$/, '');
    // Qdrant sends a compressed answer in two parts, and the second one waits until the first is
    // acknowledged, which TCP puts off for 40 ms (RFC 1122, 4.2.3.2).
    const headers = { 'accept-encoding': 'identity' };
    this.client = new QdrantClient({
      url: origin,
      prefix: prefix || undefined,
      apiKey: apiKey?.reveal(),
      timeout: TIMEOUT_MS,
      maxConnections: MAX_CONNECTIONS,
      checkCompatibility: false,
      headers,
    });
    this.searches = new SearchRequests({
      baseUrl: origin + prefix,
      headers: { ...headers, ...(apiKey && { 'api-key': apiKey.reveal() }) },
      connections: MAX_CONNECTIONS,
    });
    this.hasKey = apiKey !== undefined;
  }

  /** @returns the server's version, e.g. `1.18.3` */
  async version(): Promise<string> {
    const { version } = await this.call(() => this.client.versionInfo());
    return version;
  }

  /**
   * Makes a collection unless it is there. Graphs are built per tenant only, which is why no
   * search may do without its tenant (https://qdrant.tech/documentation/guides/multiple-partitions).
   * @returns false when somebody else has made it
   */
  async createCollection(name: string, dimensions: number): Promise<boolean> {
    const exists = (): Promise<boolean> =>
      this.call(async () => (await this.client.collectionExists(name)).exists);
    if (await exists()) return false;
    try {
      await this.call(() =>
        this.client.createCollection(name, {
          // Our vectors have unit length, so the dot product is the cosine.
          vectors: { [DENSE]: { size: dimensions, distance: 'Dot', on_disk: true } },
          sparse_vectors: { [WORDS]: {} },
          hnsw_config: { m: 0, payload_m: 16 },
          on_disk_payload: true,
          optimizers_config: OPTIMIZERS,
          strict_mode_config: { enabled: true, unindexed_filtering_retrieve: false },
        }),
      );
      return true;
    } catch (error) {
      if (!(await exists())) throw error;
      // Refused because another process was first; without an answer it may be this one's.
      return !(error instanceof QdrantRefusal);
    }
  }

  /** Before the points, because graphs take them into account; those that are there stay. */
  async createPayloadIndexes(name: string): Promise<void> {
    // Every other field would get graphs of its own, one per common value: several times the work.
    const plain = { enable_hnsw: false };
    const fields = [
      ['tenant_id', { type: 'keyword', is_tenant: true }],
      ['collection_id', { type: 'keyword', ...plain }],
      ['labels', { type: 'keyword', ...plain }],
      ['visible', { type: 'bool', ...plain }],
      ['time', { type: 'integer', lookup: false, range: true, ...plain }],
      ['expires_at', { type: 'integer', lookup: false, range: true, ...plain }],
    ] as const;
    for (const [field_name, field_schema] of fields) {
      await this.call(() =>
        this.client.createPayloadIndex(name, { field_name, field_schema, wait: true }),
      );
    }
  }

  async deleteCollection(name: string): Promise<void> {
    await this.call(() => this.client.deleteCollection(name));
  }

  async collections(): Promise<string[]> {
    const { collections } = await this.call(() => this.client.getCollections());
    return collections.map(({ name }) => name);
  }

  /** From now on `alias` means that collection, for everybody at once. */
  async pointAlias(alias: string, collection: string): Promise<void> {
    const { aliases } = await this.call(() => this.client.getAliases());
    const before = aliases.find(({ alias_name }) => alias_name === alias);
    if (before?.collection_name === collection) return;
    await this.call(() =>
      this.client.updateCollectionAliases({
        actions: [
          ...(before ? [{ delete_alias: { alias_name: alias } }] : []),
          { create_alias: { alias_name: alias, collection_name: collection } },
        ],
      }),
    );
  }

  /** Answered once the points can be found. */
  async upsert(collection: string, points: Point[]): Promise<void> {
    await this.call(() => this.client.upsert(collection, { points, wait: true }));
  }

  /** Answered once they cannot be found any more. */
  async delete(collection: string, ids: string[]): Promise<void> {
    await this.call(() => this.client.delete(collection, { points: ids, wait: true }));
  }

  /** A connection that ends instead of answering is no answer yet: a search changes nothing. */
  async query(
    collection: string,
    searches: readonly Query[],
    withinMs = TIMEOUT_MS,
  ): Promise<ScoredPoint[][]> {
    const end = performance.now() + withinMs;
    const ask = () =>
      this.call(() => this.searches.queryBatch(collection, searches, end - performance.now()));
    const answers = await ask().catch((error: unknown) => {
      if (error instanceof ConnectionEnded) return ask();
      throw error;
    });
    return answers.map(({ points }) => points);
  }

  async count(collection: string): Promise<number> {
    const { count } = await this.call(() => this.client.count(collection, { exact: true }));
    return count;
  }

  /** `green` once everything written is in the graphs that searches use, `yellow` before. */
  async status(collection: string): Promise<Schemas['CollectionStatus']> {
    const { status } = await this.call(() => this.client.getCollection(collection));
    return status;
  }

  async retrieve(collection: string, ids: string[]): Promise<StoredPoint[]> {
    return this.call(() =>
      this.client.retrieve(collection, { ids, with_payload: true, with_vector: false }),
    );
  }

  /** Ids in ascending order, `limit` of them after `after`. */
  async ids(collection: string, limit: number, after?: string): Promise<string[]> {
    const page = await this.call(() =>
      this.client.scroll(collection, {
        limit: after === undefined ? limit : limit + 1,
        offset: after,
        with_payload: false,
        with_vector: false,
      }),
    );
    return page.points.map(({ id }) => String(id)).filter((id) => id !== after);
  }

  private async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateQdrantError(error, { hasKey: this.hasKey });
    }
  }
}
