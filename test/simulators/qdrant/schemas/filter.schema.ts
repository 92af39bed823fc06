import { z } from 'zod';
import { notHere, published } from './published.js';
import { pointId, type PointId } from './vector.schema.js';

type Bounds<T> = { lt?: T | null; gt?: T | null; gte?: T | null; lte?: T | null };
export type Match =
  | { value: string | number | boolean }
  | { any: string[] | number[] }
  | { except: string[] | number[] };
export interface FieldCondition {
  key: string;
  match?: Match | null;
  range?: Bounds<number> | Bounds<string> | null;
  values_count?: Bounds<number> | null;
  is_empty?: boolean | null;
  is_null?: boolean | null;
}
export type Condition =
  | FieldCondition
  | { is_empty: { key: string } }
  | { is_null: { key: string } }
  | { has_id: PointId[] }
  | { nested: { key: string; filter: Filter } }
  | Filter;
export interface Filter {
  must?: Condition | Condition[] | null;
  should?: Condition | Condition[] | null;
  must_not?: Condition | Condition[] | null;
  min_should?: { conditions: Condition[]; min_count: number } | null;
}

const TESTS = ['match', 'range', 'values_count', 'is_empty', 'is_null'] as const;

const unique = (list: unknown[]): boolean => new Set(list).size === list.length;
const variants = z.union([
  z.array(z.string()).refine(unique, 'must be unique'),
  z.array(z.int()).refine(unique, 'must be unique'),
]);
const bounds = <T extends z.ZodType>(value: T) => ({
  lt: value.nullish(),
  gt: value.nullish(),
  gte: value.nullish(),
  lte: value.nullish(),
});

const match: z.ZodType<Match> = z.union(
  [
    published<'MatchValue'>()({ value: z.union([z.string(), z.int(), z.boolean()]) }),
    published<'MatchAny'>()({ any: variants }),
    published<'MatchExcept'>()({ except: variants }),
  ],
  { error: 'is not one of value, any, except; this double does no full-text match' },
);

const range = z.union([
  published<'Range'>()(bounds(z.number())),
  published<'DatetimeRange'>()(bounds(z.string().refine(isDatetime, 'is not a datetime'))),
]);

/** Qdrant joins several tests in one condition by OR, which nobody means: exactly one is taken. */
const fieldCondition = published<'FieldCondition'>()({
  key: z.string().min(1),
  match: match.nullish(),
  range: range.nullish(),
  geo_bounding_box: notHere,
  geo_radius: notHere,
  geo_polygon: notHere,
  values_count: published<'ValuesCount'>()(bounds(z.int().nonnegative())).nullish(),
  is_empty: z.boolean().nullish(),
  is_null: z.boolean().nullish(),
}).refine((condition) => TESTS.filter((test) => condition[test] != null).length === 1, {
  message: 'Exactly one field condition must be specified',
});

const payloadField = published<'PayloadField'>()({ key: z.string().min(1) });

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    fieldCondition,
    published<'IsEmptyCondition'>()({ is_empty: payloadField }),
    published<'IsNullCondition'>()({ is_null: payloadField }),
    published<'HasIdCondition'>()({ has_id: z.array(pointId).refine(unique, 'must be unique') }),
    published<'NestedCondition'>()({
      nested: published<'Nested'>()({ key: z.string().min(1), filter }),
    }),
    filter,
  ]),
);

const conditions = z.union([condition, z.array(condition)]).nullish();

export const filter: z.ZodType<Filter> = z.lazy(() =>
  published<'Filter'>()({
    must: conditions,
    should: conditions,
    must_not: conditions,
    min_should: published<'MinShould'>()({
      conditions: z.array(condition),
      min_count: z.int().nonnegative(),
    }).nullish(),
  }),
);

/** RFC 3339, also without a zone (UTC), or a date alone; null = not a time. */
export function parseDatetime(text: string): number | null {
  const shape =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;
  const found = shape.exec(text);
  if (found === null) return null;
  const [, date, time = '00:00:00', zone = 'Z'] = found;
  const parsed = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(parsed) ? null : parsed;
}

function isDatetime(text: string): boolean {
  return parseDatetime(text) !== null;
}

export function listOf(conditions: Condition | Condition[] | null | undefined): Condition[] {
  if (conditions == null) return [];
  return Array.isArray(conditions) ? conditions : [conditions];
}
