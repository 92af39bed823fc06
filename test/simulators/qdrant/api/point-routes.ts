import type { Collection, StoredPoint } from '../engine/collection.js';
import { selectPayload } from '../engine/payload.js';
import { badRequest, notFound, strictMode } from '../engine/qdrant-error.js';
import { QueryRun, type ScoredPoint } from '../engine/query.js';
import { prepared } from '../engine/updates.js';
import { checkFilter } from '../engine/usage-rules.js';
import { selectVectors, shortest } from '../engine/vectors.js';
import {
  countRequest,
  deletePayload,
  pointRequest,
  pointsSelector,
  scrollRequest,
  setPayload,
  updateOperations,
  upsertBody,
  type UpdateOperation,
  type WithPayload,
  type WithVector,
} from '../schemas/points.schema.js';
import { queryBatch, queryRequest, type QueryRequest } from '../schemas/query.schema.js';
import { isPointId, parsePointId } from '../schemas/vector.schema.js';
import { compareIds } from '../engine/collection.js';
import type { ParameterName } from './query-parameters.js';
import { route, routeWithBody, type Call, type Route } from './route.js';
import { updateResult, WRITE_PARAMETERS } from './update-result.js';

const POINTS = '/collections/{collection_name}/points';
const WRITE = { parameters: WRITE_PARAMETERS, writes: true } as const;
const READ = { parameters: ['consistency', 'timeout'] satisfies ParameterName[] };
const SCROLL_LIMIT = 10;

const collectionOf = ({ store, path }: Call): Collection => store.get(path['collection_name']!);

function update(call: Call, operation: UpdateOperation): unknown {
  const collection = collectionOf(call);
  const version = collection.nextOperation();
  const apply = prepared(collection, operation, version, call.rules);
  return updateResult(call, collection, apply, version);
}

function record(point: StoredPoint, payload: WithPayload, vector: WithVector): object {
  return {
    id: point.id,
    payload: selectPayload(point.payload, payload),
    vector: selectVectors(point.vectors, vector),
  };
}

function scored({ point, score }: ScoredPoint, request: QueryRequest): object {
  const { id, ...shown } = record(point, request.with_payload, request.with_vector) as {
    id: unknown;
  };
  return { id, version: point.version, score: shortest(score), ...shown };
}

function query(call: Call, request: QueryRequest): object {
  const hits = new QueryRun(collectionOf(call), call.rules).run(request);
  return { points: hits.map((hit) => scored(hit, request)) };
}

const writes: readonly Route[] = [
  routeWithBody(
    'PUT',
    { operation: 'upsert_points', template: POINTS, body: upsertBody, ...WRITE },
    (call, body) => update(call, { upsert: body }),
  ),
  routeWithBody(
    'POST',
    {
      operation: 'delete_points',
      template: `${POINTS}/delete`,
      body: pointsSelector,
      ...WRITE,
    },
    (call, body) => update(call, { delete: body }),
  ),
  routeWithBody(
    'POST',
    { operation: 'batch_update', template: `${POINTS}/batch`, body: updateOperations, ...WRITE },
    (call, { operations }) => operations.map((operation) => update(call, operation)),
  ),
  routeWithBody(
    'POST',
    { operation: 'set_payload', template: `${POINTS}/payload`, body: setPayload, ...WRITE },
    (call, body) => update(call, { set_payload: body }),
  ),
  routeWithBody(
    'PUT',
    { operation: 'overwrite_payload', template: `${POINTS}/payload`, body: setPayload, ...WRITE },
    (call, body) => update(call, { overwrite_payload: body }),
  ),
  routeWithBody(
    'POST',
    {
      operation: 'delete_payload',
      template: `${POINTS}/payload/delete`,
      body: deletePayload,
      ...WRITE,
    },
    (call, body) => update(call, { delete_payload: body }),
  ),
  routeWithBody(
    'POST',
    {
      operation: 'clear_payload',
      template: `${POINTS}/payload/clear`,
      body: pointsSelector,
      ...WRITE,
    },
    (call, body) => update(call, { clear_payload: body }),
  ),
];

const reads: readonly Route[] = [
  routeWithBody(
    'POST',
    { operation: 'get_points', template: POINTS, body: pointRequest, ...READ },
    (call, { ids, with_payload: payload, with_vector: vector }) => {
      const collection = collectionOf(call);
      return ids
        .flatMap((id) => collection.get(id) ?? [])
        .map((point) => record(point, payload, vector));
    },
  ),
  route('GET', { operation: 'get_point', template: `${POINTS}/{id}`, ...READ }, (call) => {
    const text = call.path['id']!;
    const collection = collectionOf(call);
    if (!isPointId(text)) throw badRequest(`Can not recognize "${text}" as point id`);
    const point = collection.get(parsePointId(text));
    if (point === undefined) throw notFound(`Point with id ${text} does not exists!`);
    return record(point, true, true);
  }),
  routeWithBody(
    'POST',
    { operation: 'scroll_points', template: `${POINTS}/scroll`, body: scrollRequest, ...READ },
    (call, request) => {
      const collection = collectionOf(call);
      const { filter, offset, limit, with_vector: vector } = request;
      const payload = request.with_payload ?? true;
      checkLimit(collection, limit ?? SCROLL_LIMIT);
      if (filter != null) checkFilter(collection, filter, 'read', call.rules);
      const found: StoredPoint[] = [];
      for (const point of collection.select(filter)) {
        if (offset != null && compareIds(point.id, offset) < 0) continue;
        found.push(point);
        if (found.length > (limit ?? SCROLL_LIMIT)) break;
      }
      const next = found.length > (limit ?? SCROLL_LIMIT) ? found.pop() : undefined;
      return {
        points: found.map((point) => record(point, payload, vector)),
        next_page_offset: next?.id ?? null,
      };
    },
  ),
  routeWithBody(
    'POST',
    { operation: 'count_points', template: `${POINTS}/count`, body: countRequest, ...READ },
    (call, { filter }) => {
      const collection = collectionOf(call);
      if (filter != null) checkFilter(collection, filter, 'read', call.rules);
      return { count: [...collection.select(filter)].length };
    },
  ),
  routeWithBody(
    'POST',
    { operation: 'query_points', template: `${POINTS}/query`, body: queryRequest, ...READ },
    query,
  ),
  routeWithBody(
    'POST',
    {
      operation: 'query_batch_points',
      template: `${POINTS}/query/batch`,
      body: queryBatch,
      ...READ,
    },
    (call, { searches }) => {
      const most = collectionOf(call).strict.search_max_batchsize;
      if (most != null && searches.length > most) {
        throw strictMode(
          `Limit exceeded ${searches.length} > ${most} for "search batch size"`,
          `Reduce the "search batch size" parameter to or below ${most}.`,
        );
      }
      return searches.map((request) => query(call, request));
    },
  ),
];

export const pointRoutes: readonly Route[] = [...writes, ...reads];

function checkLimit(collection: Collection, limit: number): void {
  const most = collection.strict.max_query_limit;
  if (most == null || limit <= most) return;
  throw strictMode(
    `Limit exceeded ${limit} > ${most} for "limit"`,
    `Reduce the "limit" parameter to or below ${most}.`,
  );
}
