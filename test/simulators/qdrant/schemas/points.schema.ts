import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';
import { filter } from './filter.schema.js';
import { notHere, published } from './published.js';
import { anyVector, denseVector, pointId } from './vector.schema.js';

/** As the document has it: any JSON object. */
const payload = z.record(z.string(), z.unknown());
const vectors = z.union([denseVector, z.record(z.string(), anyVector)]);

export const withPayload = z
  .union([
    z.boolean(),
    z.array(z.string()),
    published<'PayloadSelectorInclude'>()({ include: z.array(z.string()) }),
    published<'PayloadSelectorExclude'>()({ exclude: z.array(z.string()) }),
  ])
  .nullish();
export type WithPayload = z.output<typeof withPayload>;

export const withVector = z.union([z.boolean(), z.array(z.string())]);
export type WithVector = z.output<typeof withVector> | null | undefined;

const pointStruct = published<'PointStruct'>()({
  id: pointId,
  vector: vectors,
  payload: payload.nullish(),
});
export type PointDraft = z.output<typeof pointStruct>;

const conditional = {
  shard_key: notHere,
  update_filter: filter.nullish(),
  update_mode: z
    .enum(['upsert', 'insert_only', 'update_only'] satisfies Schemas['UpdateMode'][])
    .nullish(),
};

const pointsList = published<'PointsList'>()({ points: z.array(pointStruct), ...conditional });

const batch = published<'Batch'>()({
  ids: z.array(pointId),
  vectors: z.union([z.array(denseVector), z.record(z.string(), z.array(anyVector))]),
  payloads: z.array(payload.nullable()).nullish(),
}).refine(
  ({ ids, vectors, payloads }) =>
    [...(Array.isArray(vectors) ? [vectors] : Object.values(vectors)), payloads ?? ids].every(
      (list) => list.length === ids.length,
    ),
  { message: 'number of ids, vectors and payloads must be equal' },
);

export const upsertBody = z.union([
  pointsList,
  published<'PointsBatch'>()({ batch, ...conditional }),
]);
export type UpsertBody = z.output<typeof upsertBody>;

export const pointsSelector = z.union([
  published<'PointIdsList'>()({ points: z.array(pointId), shard_key: notHere }),
  published<'FilterSelector'>()({ filter, shard_key: notHere }),
]);

const selection = { points: z.array(pointId).nullish(), filter: filter.nullish() };
const selects = (body: { points?: unknown; filter?: unknown }): boolean =>
  (body.points == null) !== (body.filter == null);
const selectsMessage = { message: 'either points or filter must be given' };

export const setPayload = published<'SetPayload'>()({
  payload,
  ...selection,
  shard_key: notHere,
  key: z.string().nullish(),
}).refine(selects, selectsMessage);

export const deletePayload = published<'DeletePayload'>()({
  keys: z.array(z.string().min(1)),
  ...selection,
  shard_key: notHere,
}).refine(selects, selectsMessage);

const updateOperation = z.union([
  published<'UpsertOperation'>()({ upsert: upsertBody }),
  published<'DeleteOperation'>()({ delete: pointsSelector }),
  published<'SetPayloadOperation'>()({ set_payload: setPayload }),
  published<'OverwritePayloadOperation'>()({ overwrite_payload: setPayload }),
  published<'DeletePayloadOperation'>()({ delete_payload: deletePayload }),
  published<'ClearPayloadOperation'>()({ clear_payload: pointsSelector }),
]);
/** One change of points, as `points/batch` names it. */
export type UpdateOperation = z.output<typeof updateOperation>;

export const updateOperations = published<'UpdateOperations'>()({
  operations: z.array(updateOperation),
});

export const pointRequest = published<'PointRequest'>()({
  shard_key: notHere,
  ids: z.array(pointId),
  with_payload: withPayload,
  with_vector: withVector.optional(),
});

export const scrollRequest = published<'ScrollRequest'>()({
  shard_key: notHere,
  offset: pointId.nullish(),
  limit: z.int().min(1).nullish(),
  filter: filter.nullish(),
  with_payload: withPayload,
  with_vector: withVector.optional(),
  order_by: notHere,
});

export const countRequest = published<'CountRequest'>()({
  shard_key: notHere,
  filter: filter.nullish(),
  exact: z.boolean().optional(),
});
