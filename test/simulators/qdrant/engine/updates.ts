import type { Filter } from '../schemas/filter.schema.js';
import type { PointDraft, UpdateOperation, UpsertBody } from '../schemas/points.schema.js';
import type { AnyVector, PointId } from '../schemas/vector.schema.js';
import type { Collection, StoredPoint } from './collection.js';
import { passes } from './filter.js';
import { merged, without, type Payload } from './payload.js';
import { badRequest, strictMode } from './qdrant-error.js';
import { checkFilter, type UsageRules } from './usage-rules.js';
import { fitted, type StoredVectors } from './vectors.js';

interface PreparedPoint {
  readonly id: PointId;
  readonly vectors: StoredVectors;
  readonly payload: Payload;
}

/**
 * Checks an operation against the collection, so that a write that nobody waits for is refused at
 * once, too, and gives the function that applies it.
 * @param version of the points that it changes
 * @throws QdrantError
 */
export function prepared(
  collection: Collection,
  operation: UpdateOperation,
  version: number,
  rules: UsageRules,
): () => void {
  if ('upsert' in operation) return upsert(collection, operation.upsert, version, rules);
  if ('delete' in operation) {
    const chosen = selection(collection, operation.delete, rules);
    return () => {
      for (const { id } of chosen()) collection.remove(id);
    };
  }
  const change = payloadChange(operation);
  const chosen = selection(collection, change.target, rules);
  return () => {
    for (const point of chosen()) {
      collection.put({ ...point, version, payload: change.apply(point.payload) });
    }
  };
}

type PayloadOperation = Exclude<UpdateOperation, { upsert: unknown } | { delete: unknown }>;
type Target = { points?: PointId[] | null; filter?: Filter | null };

function payloadChange(operation: PayloadOperation): {
  target: Target;
  apply: (payload: Payload) => Payload;
} {
  if ('set_payload' in operation) {
    const { payload, key, ...target } = operation.set_payload;
    return { target, apply: (old) => merged(old, payload, key) };
  }
  if ('overwrite_payload' in operation) {
    const { payload, key, ...target } = operation.overwrite_payload;
    if (key != null) throw badRequest('`key` with overwrite is not done by this double');
    return { target, apply: () => payload };
  }
  if ('delete_payload' in operation) {
    const { keys, ...target } = operation.delete_payload;
    return { target, apply: (old) => without(old, keys) };
  }
  return { target: operation.clear_payload, apply: () => ({}) };
}

/** The points that are meant, found when the operation is applied. */
function selection(
  collection: Collection,
  { points, filter }: Target,
  rules: UsageRules,
): () => StoredPoint[] {
  if (filter == null) return () => (points ?? []).flatMap((id) => collection.get(id) ?? []);
  checkFilter(collection, filter, 'update', rules);
  return () => [...collection.select(filter)];
}

function upsert(
  collection: Collection,
  body: UpsertBody,
  version: number,
  rules: UsageRules,
): () => void {
  const { update_filter: condition, update_mode: mode = 'upsert' } = body;
  const drafts = 'points' in body ? body.points : rows(body.batch);
  const most = collection.strict.upsert_max_batchsize;
  if (most != null && drafts.length > most) {
    throw strictMode(
      `Limit exceeded ${drafts.length} > ${most} for "upsert limit"`,
      `Reduce the "upsert limit" parameter to or below ${most}.`,
    );
  }
  if (condition != null) checkFilter(collection, condition, 'condition', rules);
  const points = drafts.map((draft) => fittedPoint(collection, draft));
  return () => {
    for (const point of points) {
      const old = collection.get(point.id);
      if (old === undefined && mode === 'update_only') continue;
      if (old !== undefined && mode === 'insert_only') continue;
      if (old !== undefined && condition != null && !passes(old, condition)) continue;
      collection.put({ ...point, version });
    }
  };
}

function fittedPoint(collection: Collection, { id, vector, payload }: PointDraft): PreparedPoint {
  const named: Record<string, AnyVector> = Array.isArray(vector) ? { '': vector } : vector;
  const vectors = Object.entries(named).map(
    ([name, value]) => [name, fitted(collection.spaces, name, value)] as const,
  );
  return { id, vectors: new Map(vectors), payload: payload ?? {} };
}

type Batch = Extract<UpsertBody, { batch: unknown }>['batch'];

function rows({ ids, vectors, payloads }: Batch): PointDraft[] {
  return ids.map((id, row) => ({
    id,
    payload: payloads?.[row],
    vector: Array.isArray(vectors)
      ? vectors[row]!
      : Object.fromEntries(Object.entries(vectors).map(([name, column]) => [name, column[row]!])),
  }));
}
