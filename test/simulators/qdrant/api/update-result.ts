import type { Schemas } from '@qdrant/js-client-rest';
import type { Collection } from '../engine/collection.js';
import type { ParameterName } from './query-parameters.js';
import type { Call } from './route.js';

export const WRITE_PARAMETERS: readonly ParameterName[] = ['wait', 'ordering', 'timeout'];

/**
 * With `wait=true` applied now, after everything acknowledged before; else acknowledged now and
 * applied later.
 */
export function updateResult(
  { query }: Call,
  collection: Collection,
  apply: () => void,
  operation = collection.nextOperation(),
): Schemas['UpdateResult'] {
  if (query.get('wait') === 'true') {
    collection.queue.now(apply);
    return { operation_id: operation, status: 'completed' };
  }
  collection.queue.later(apply);
  return { operation_id: operation, status: 'acknowledged' };
}
