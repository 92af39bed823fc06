import type { IndexType, StrictMode } from '../schemas/collection.schema.js';
import {
  listOf,
  type Condition,
  type FieldCondition,
  type Filter,
} from '../schemas/filter.schema.js';
import type { Collection } from './collection.js';
import { isFieldCondition } from './filter.js';
import { strictMode } from './qdrant-error.js';

/** Told about a request that the server would take, but that breaks our rules of its use. */
export type UsageRules = (kind: 'unindexed_filter' | 'search_across_tenants', text: string) => void;

const ANY: readonly IndexType[] = ['keyword', 'integer', 'float', 'bool', 'datetime', 'uuid'];

interface Need {
  readonly key: string;
  readonly types: readonly IndexType[];
}

/**
 * Every field of a filter has an index of a type that can answer it.
 * @throws QdrantError where strict mode forbids the scan; the condition of an upsert is exempt
 */
export function checkFilter(
  collection: Collection,
  filter: Filter,
  use: 'read' | 'update' | 'condition',
  rules: UsageRules,
): void {
  const missing = needs(filter).find(({ key, types }) => {
    const index = collection.indexes.get(key);
    return index === undefined || !types.includes(index.type);
  });
  if (missing === undefined) return;
  const { key, types } = missing;
  const error = `Index required but not found for "${key}" of one of the following types: [${[...types].sort().join(', ')}]`;
  rules('unindexed_filter', `${collection.name}: ${error}`);
  if (use === 'condition' || isAllowed(collection.strict, use)) return;
  throw strictMode(error, 'Create an index for this key or use a different filter.');
}

function isAllowed(strict: StrictMode, use: 'read' | 'update'): boolean {
  const rule = use === 'read' ? 'unindexed_filtering_retrieve' : 'unindexed_filtering_update';
  return strict[rule] !== false;
}

function needs(filter: Filter, path = ''): Need[] {
  const { must, should, must_not: mustNot, min_should: minShould } = filter;
  const conditions = [must, should, mustNot, minShould?.conditions].flatMap(listOf);
  return conditions.flatMap((condition) => needsOf(condition, path));
}

function needsOf(condition: Condition, path: string): Need[] {
  if (isFieldCondition(condition)) {
    return [{ key: path + condition.key, types: typesFor(condition) }];
  }
  if ('has_id' in condition) return [];
  if ('is_empty' in condition) return [{ key: path + condition.is_empty.key, types: ANY }];
  if ('is_null' in condition) return [{ key: path + condition.is_null.key, types: ANY }];
  if ('nested' in condition) {
    const { key, filter } = condition.nested;
    return needs(filter, `${path}${key.endsWith('[]') ? key : `${key}[]`}.`);
  }
  return needs(condition, path);
}

function typesFor({ match, range }: FieldCondition): readonly IndexType[] {
  if (match != null) {
    const wanted = 'value' in match ? match.value : Object.values(match).flat()[0];
    if (typeof wanted === 'boolean') return ['bool'];
    return typeof wanted === 'number' ? ['integer'] : ['keyword', 'uuid'];
  }
  if (range == null) return ANY;
  const isTime = Object.values(range).some((bound) => typeof bound === 'string');
  return isTime ? ['datetime'] : ['float', 'integer'];
}

/**
 * Without a graph over all points (`m` = 0) a search that is not for one tenant scans everything,
 * and shows one tenant's points to another.
 */
export function checkTenant(
  collection: Collection,
  filters: readonly Filter[],
  rules: UsageRules,
): void {
  if (collection.hasGlobalGraph || filters.some((filter) => namesTenant(collection, filter))) {
    return;
  }
  rules('search_across_tenants', `${collection.name}: a search without the tenant's filter`);
}

function namesTenant(collection: Collection, filter: Filter): boolean {
  return listOf(filter.must).some((condition) => {
    if (!isFieldCondition(condition)) {
      return 'must' in condition && namesTenant(collection, condition);
    }
    const { match, key } = condition;
    const index = collection.indexes.get(key);
    const isTenant = index !== undefined && 'is_tenant' in index && index.is_tenant === true;
    return isTenant && match != null && 'value' in match;
  });
}
