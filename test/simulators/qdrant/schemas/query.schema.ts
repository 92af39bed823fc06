import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';
import { condition, filter, type Condition, type Filter } from './filter.schema.js';
import { withPayload, withVector } from './points.schema.js';
import { notHere, published } from './published.js';
import { anyVector, type AnyVector } from './vector.schema.js';

export type Expression =
  | number
  | string
  | { mult: Expression[] }
  | { sum: Expression[] }
  | { neg: Expression }
  | { abs: Expression }
  | { div: { left: Expression; right: Expression; by_zero_default?: number | null } }
  | { datetime: string }
  | { datetime_key: string }
  | { exp_decay: Decay }
  | { gauss_decay: Decay }
  | { lin_decay: Decay }
  | Condition;
export interface Decay {
  x: Expression;
  target?: Expression | null;
  scale?: number | null;
  midpoint?: number | null;
}
export interface Formula {
  formula: Expression;
  defaults?: Record<string, unknown>;
}
export type Query =
  | AnyVector
  | { nearest: AnyVector; mmr?: null }
  | { fusion: 'rrf' }
  | { rrf: { k?: number | null; weights?: number[] | null } }
  | Formula;
export interface SearchParams {
  hnsw_ef?: number | null;
  exact?: boolean;
}
export interface Prefetch {
  prefetch?: Prefetch | Prefetch[] | null;
  query?: Query | null;
  using?: string | null;
  filter?: Filter | null;
  params?: SearchParams | null;
  score_threshold?: number | null;
  limit?: number | null;
}

const decay = z.lazy(() =>
  published<'DecayParamsExpression'>()({
    x: expression,
    target: expression.nullish(),
    scale: z.number().positive().nullish(),
    midpoint: z.number().min(0).max(1).nullish(),
  }),
);

/** The generated types close the recursion over conditions, so the whole union is checked at once. */
const expression: z.ZodType<Expression> = z.lazy(() =>
  z.union([
    z.number(),
    z.string(),
    published<'MultExpression'>()({ mult: z.array(expression) }),
    published<'SumExpression'>()({ sum: z.array(expression) }),
    published<'NegExpression'>()({ neg: expression }),
    published<'AbsExpression'>()({ abs: expression }),
    published<'DivExpression'>()({
      div: published<'DivParams'>()({
        left: expression,
        right: expression,
        by_zero_default: z.number().nullish(),
      }),
    }),
    published<'DatetimeExpression'>()({ datetime: z.string() }),
    published<'DatetimeKeyExpression'>()({ datetime_key: z.string() }),
    published<'ExpDecayExpression'>()({ exp_decay: decay }),
    published<'GaussDecayExpression'>()({ gauss_decay: decay }),
    published<'LinDecayExpression'>()({ lin_decay: decay }),
    condition,
  ]),
);

const searchParams = published<'SearchParams'>()({
  hnsw_ef: z.int().nonnegative().nullish(),
  exact: z.boolean().optional(),
  quantization: notHere,
  indexed_only: z.literal(false).optional(),
  acorn: notHere,
});

const query: z.ZodType<Query> = z.union([
  anyVector,
  published<'NearestQuery'>()({ nearest: anyVector, mmr: notHere }),
  published<'FusionQuery'>()({ fusion: z.literal('rrf' satisfies Schemas['Fusion']) }),
  published<'RrfQuery'>()({
    rrf: published<'Rrf'>()({
      k: z.int().min(1).nullish(),
      weights: z.array(z.number()).nullish(),
    }),
  }),
  published<'FormulaQuery'>()({
    formula: expression,
    defaults: z.record(z.string(), z.unknown()).optional(),
  }),
]);

const source = {
  prefetch: z.lazy(() => z.union([prefetch, z.array(prefetch)]).nullish()),
  query: query.nullish(),
  using: z.string().nullish(),
  filter: filter.nullish(),
  params: searchParams.nullish(),
  score_threshold: z.number().nullish(),
  limit: z.int().min(1).nullish(),
  lookup_from: notHere,
};

const prefetch: z.ZodType<Prefetch> = z.lazy(() => published<'Prefetch'>()(source));

export const queryRequest = published<'QueryRequest'>()({
  ...source,
  shard_key: notHere,
  offset: z.int().nonnegative().nullish(),
  with_vector: withVector.nullish(),
  with_payload: withPayload,
});
export type QueryRequest = z.output<typeof queryRequest>;

export const queryBatch = published<'QueryRequestBatch'>()({ searches: z.array(queryRequest) });
