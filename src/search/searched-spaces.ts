import { AppError } from '../common/errors/app-error.js';
import type { SearchMode } from './search-query.js';
import type { SearchedCollection } from './search.repository.js';
import type { SpaceHit } from './space-search.js';

/** The constant of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009). */
const RANK_OFFSET = 60;

export interface SearchedSpace {
  readonly collections: readonly SearchedCollection[];
  readonly mode: SearchMode;
  /** The query is to be embedded with the space's model: that is configured, and vectors count. */
  readonly comparable: boolean;
}

/**
 * Collections by embedding space, since only vectors of one model can be compared. A space whose
 * model is not configured is searched by words.
 * @param models those that are configured
 * @param wordsTogether the words of all spaces can be searched at once
 * @throws AppError `embedding_model_differs` for a vector search when no space's model is among them
 */
export function spacesOf(
  collections: readonly SearchedCollection[],
  mode: SearchMode,
  models: ReadonlySet<string>,
  wordsTogether = true,
): SearchedSpace[] {
  if (collections.length === 0) return [];
  // Words are the same in every space, where one store holds all of them.
  if (mode === 'text' && wordsTogether) return [{ collections, mode, comparable: false }];
  const spaces = [...new Set(collections.map((collection) => collection.space_id))].map((id) => {
    const members = collections.filter((collection) => collection.space_id === id);
    const comparable = mode !== 'text' && models.has(members[0]!.model);
    return { collections: members, mode, comparable };
  });
  if (mode !== 'vector') return spaces;
  const comparable = spaces.filter((space) => space.comparable);
  if (comparable.length > 0) return comparable;
  throw new AppError(
    'embedding_model_differs',
    `"${collections[0]!.name}" was embedded with ${collections[0]!.model}, which is not configured ` +
      'here. Name it in TRIBUTARY_EMBEDDING_MODELS, search in the mode text or hybrid, or reindex.',
  );
}

/**
 * One list of several. Scores of different models cannot be compared, so the first hit of each
 * list comes first, then the second of each; within one rank the likelier hit.
 */
export function mergeByRank(lists: readonly (readonly SpaceHit[])[], limit: number): SpaceHit[] {
  if (lists.length <= 1) return [...(lists[0] ?? [])];
  return lists
    .flatMap((list) => list.map((hit, at) => ({ ...hit, rankScore: 1 / (RANK_OFFSET + at + 1) })))
    .sort((a, b) => b.rankScore - a.rankScore || b.score - a.score)
    .slice(0, limit);
}
