import {
  listOf,
  parseDatetime,
  type Condition,
  type FieldCondition,
  type Filter,
  type Match,
} from '../schemas/filter.schema.js';
import type { PointId } from '../schemas/vector.schema.js';
import { valuesAt, type Payload } from './payload.js';

/** What a filter sees of a point; inside `nested` there is no id. */
export interface Filtered {
  readonly id: PointId | null;
  readonly payload: Payload;
}

/** The rules of lib/segment/src/payload_storage of v1.18.3. */
export function passes(point: Filtered, filter: Filter): boolean {
  const { must, should, must_not: mustNot, min_should: minShould } = filter;
  const holds = (condition: Condition): boolean => meets(point, condition);
  return (
    listOf(must).every(holds) &&
    (should == null || listOf(should).some(holds)) &&
    !listOf(mustNot).some(holds) &&
    (minShould == null || minShould.conditions.filter(holds).length >= minShould.min_count)
  );
}

export function isFieldCondition(condition: Condition): condition is FieldCondition {
  return 'key' in condition;
}

export function meets(point: Filtered, condition: Condition): boolean {
  if (isFieldCondition(condition)) return meetsField(point.payload, condition);
  if ('has_id' in condition) return point.id !== null && condition.has_id.includes(point.id);
  if ('is_empty' in condition) {
    return valuesAt(point.payload, condition.is_empty.key).every(isEmpty);
  }
  if ('is_null' in condition) return valuesAt(point.payload, condition.is_null.key).some(isNull);
  if ('nested' in condition) {
    const { key, filter } = condition.nested;
    return valuesAt(point.payload, key.endsWith('[]') ? key : `${key}[]`).some(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        passes({ id: null, payload: value as Payload }, filter),
    );
  }
  return passes(point, condition);
}

function meetsField(payload: Payload, condition: FieldCondition): boolean {
  const { key, is_empty: wantsEmpty, is_null: wantsNull, values_count: counts } = condition;
  const values = valuesAt(payload, key);
  if (wantsEmpty != null) return values.every(isEmpty) === wantsEmpty;
  // A missing field is empty, but it is not null.
  if (wantsNull != null) {
    return values.length === 0 ? !wantsNull : values.some((value) => isNull(value) === wantsNull);
  }
  if (counts != null) {
    return values.some((value) => within(Array.isArray(value) ? value.length : 1, counts));
  }
  return values
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .some((value) => meetsValue(value, condition));
}

function meetsValue(value: unknown, { match, range }: FieldCondition): boolean {
  if (match != null) return matches(value, match);
  if (range == null) return false;
  const texts = Object.values(range).some((bound) => typeof bound === 'string');
  if (!texts) return typeof value === 'number' && within(value, range as Bounds);
  const time = typeof value === 'string' ? parseDatetime(value) : null;
  const bounds = Object.entries(range as Record<string, string | null>).map(([side, bound]) => [
    side,
    bound == null ? null : parseDatetime(bound),
  ]);
  return time !== null && within(time, Object.fromEntries(bounds) as Bounds);
}

function matches(value: unknown, match: Match): boolean {
  if ('value' in match) return value === match.value;
  if ('any' in match) return (match.any as unknown[]).includes(value);
  return value !== null && !(match.except as unknown[]).includes(value);
}

type Bounds = Partial<Record<'lt' | 'gt' | 'lte' | 'gte', number | null>>;

function within(value: number, { lt, gt, lte, gte }: Bounds): boolean {
  return (
    (lt == null || value < lt) &&
    (gt == null || value > gt) &&
    (lte == null || value <= lte) &&
    (gte == null || value >= gte)
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function isNull(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.includes(null));
}
