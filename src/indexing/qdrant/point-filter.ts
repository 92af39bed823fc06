import type { IndexQuery } from '../vector-index.js';
import { labelsOf } from './point-labels.js';
import type { Filter } from './qdrant-store.js';

/**
 * What a query's candidates must be. Whatever the rows admit passes; of what passes, the rows may
 * still turn something down, e.g. metadata whose labels belong to different elements of an array.
 */
export function pointFilter(query: IndexQuery, now: Date): Filter {
  const { since, until, excludeIds, ...fields } = query.filter;
  const range = {
    ...(since ? { gte: since.getTime() } : {}),
    ...(until ? { lte: until.getTime() } : {}),
  };
  return {
    must: [
      { key: 'tenant_id', match: { value: query.tenant } },
      { key: 'collection_id', match: { any: [...query.collectionIds] } },
      { key: 'visible', match: { value: true } },
      ...labelsOf(fields).map((label) => ({ key: 'labels', match: { value: label } })),
      ...(since || until ? [{ key: 'time', range }] : []),
    ],
    must_not: [
      { key: 'expires_at', range: { lte: now.getTime() } },
      ...(excludeIds?.length ? [{ has_id: [...excludeIds] }] : []),
    ],
  };
}
