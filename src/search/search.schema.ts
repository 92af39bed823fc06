import { z } from 'zod';
import { CollectionName } from '../collections/collection-name.schema.js';
import { Day, Instant, Timestamp } from '../common/http/id.schema.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import type { MemoryFilter } from '../indexing/vector-index.js';
import { MemoryAnswer } from '../memories/memories.schema.js';
import type { SearchQuery } from './search-query.js';

const Label = z.string().max(1000).nullish();
const Moment = z
  .union([Instant, Day], {
    error: 'must be a date (2026-01-31) or a time (2026-01-31T09:00:00Z)',
  })
  .nullish();
const Ignored = z.boolean().nullish().describe('Accepted; without a model it changes nothing');

/** Everything about a search but where to search. */
export const searchFields = {
  query: z.string().trim().min(1).max(10_000),
  limit: z.int().min(1).max(100).default(5),
  min_score: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('Least score of what the vector arm finds; a match by words may lie below'),
  mode: z.enum(['hybrid', 'vector', 'text']).default('hybrid'),
  category: Label,
  container_tag: Label.describe('Exact; without it, memories of every tag are searched'),
  metadata_filter: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe('Metadata that contains this, as `@>` of jsonb'),
  source: Label.describe('`api`, `sdk`, or the provider of synced memories'),
  provider: Label.describe('The same as `source`'),
  connection_id: z.uuid().nullish(),
  author: Label,
  container: Label.describe('Channel, folder or data source'),
  since: Moment.describe('Changed at the source, else stored, then or later; a date or a time'),
  until: Moment.describe('... then or earlier; a date includes its whole day, in UTC'),
  boosts: z.boolean().default(true).describe('Let importance and recency settle near ties'),
  neighbours: z
    .int()
    .min(0)
    .max(3)
    .default(0)
    .describe('How many chunks before and after each synced hit to answer with it'),
  rewrite: Ignored,
  rerank: Ignored,
};

export const SearchMemories = z.object(searchFields).refine(onlyOneSource, {
  path: ['provider'],
  error: 'is another name of source; give one of them',
});
export type SearchMemoriesBody = z.infer<typeof SearchMemories>;

/** Where to search, for routes that name no collection in their path. */
export const collectionFields = {
  collection: CollectionName.nullish().describe('Without it, every collection'),
  collections: z.array(CollectionName).min(1).max(100).nullish().describe('Several, by name'),
};

export const SearchAllMemories = z
  .object({ ...searchFields, ...collectionFields })
  .refine(onlyOneSource, {
    path: ['provider'],
    error: 'is another name of source; give one of them',
  })
  .refine(oneKindOfCollection, {
    path: ['collections'],
    error: 'and collection exclude each other; give one of them',
  });
export type SearchAllMemoriesBody = z.infer<typeof SearchAllMemories>;

interface NamedCollections {
  collection?: string | null;
  collections?: readonly string[] | null;
}

export function oneKindOfCollection(body: NamedCollections): boolean {
  return body.collection == null || body.collections == null;
}

/**
 * What a key may search of the collections that it asks for.
 * @throws AppError `collection_forbidden`
 */
export function searchedCollections(
  key: ApiKeyIdentity,
  { collection, collections }: NamedCollections,
): Pick<SearchQuery, 'collections' | 'only'> {
  const names = collection == null ? collections : [collection];
  if (names == null) return { only: key.collection };
  for (const name of names) requireCollectionAccess(key, name);
  return { collections: names };
}

export function onlyOneSource(body: { source?: string | null; provider?: string | null }): boolean {
  return body.source == null || body.provider == null || body.source === body.provider;
}

const Neighbour = z.object({ id: z.uuid(), text: z.string() });

export const SearchHit = MemoryAnswer.extend({
  score: z
    .number()
    .describe('Likeness, 0 to 1; without a vector of the query, the share of its words found'),
  rank_score: z.number().describe('What the order follows; comparable within one answer only'),
  title: z.string().nullable().describe('Of the document, for synced memories; null for others'),
  url: z.string().nullable(),
  author: z.string().nullable(),
  source_updated_at: Timestamp.nullable(),
  synced_at: Timestamp.nullable(),
  neighbours: z
    .object({ before: z.array(Neighbour), after: z.array(Neighbour) })
    .optional()
    .describe('In the order of the document; only where `neighbours` asks for them'),
}).meta({ id: 'SearchHit' });
export type SearchHit = z.infer<typeof SearchHit>;

/** @param scope the collection of the route, or what a restricted key may see */
export function toSearchQuery(
  body: SearchMemoriesBody,
  scope: Pick<SearchQuery, 'collections' | 'only'>,
): SearchQuery {
  const { query, limit, mode, boosts, neighbours } = body;
  const minScore = body.min_score;
  return { query, limit, mode, boosts, neighbours, minScore, filter: filterOf(body), ...scope };
}

function filterOf(body: SearchMemoriesBody): MemoryFilter {
  const metadata = body.metadata_filter ?? {};
  return {
    category: body.category ?? undefined,
    containerTag: body.container_tag ?? undefined,
    source: body.source ?? body.provider ?? undefined,
    connectionId: body.connection_id ?? undefined,
    author: body.author ?? undefined,
    container: body.container ?? undefined,
    since: body.since == null ? undefined : new Date(body.since),
    until: body.until == null ? undefined : endOf(body.until),
    // An empty object is contained in all metadata.
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  };
}

function endOf(moment: string): Date {
  return new Date(moment.includes('T') ? moment : `${moment}T23:59:59.999Z`);
}
