import { badRequest } from '../engine/qdrant-error.js';
import {
  changeAliases,
  createCollection,
  createFieldIndex,
  updateCollection,
  type IndexParams,
} from '../schemas/collection.schema.js';
import { collectionInfo } from './collection-info.js';
import { route, routeWithBody, type Call, type Route } from './route.js';
import { updateResult, WRITE_PARAMETERS } from './update-result.js';

const COLLECTION = '/collections/{collection_name}';
const META = { parameters: ['timeout'], writes: true } as const;

const nameOf = ({ path }: Call): string => path['collection_name']!;

export const collectionRoutes: readonly Route[] = [
  route('GET', { operation: 'get_collections', template: '/collections' }, ({ store }) => ({
    collections: store.names().map((name) => ({ name })),
  })),
  routeWithBody(
    'POST',
    { operation: 'update_aliases', template: '/collections/aliases', body: changeAliases, ...META },
    ({ store }, { actions }) => {
      store.changeAliases(actions);
      return true;
    },
  ),
  route('GET', { operation: 'get_collections_aliases', template: '/aliases' }, ({ store }) => ({
    aliases: store.aliasesOf(),
  })),
  route(
    'GET',
    { operation: 'get_collection_aliases', template: `${COLLECTION}/aliases` },
    (call) => ({ aliases: call.store.aliasesOf(call.store.get(nameOf(call)).name) }),
  ),
  route('GET', { operation: 'get_collection', template: COLLECTION }, (call) =>
    collectionInfo(call.store.get(nameOf(call))),
  ),
  route('GET', { operation: 'collection_exists', template: `${COLLECTION}/exists` }, (call) => ({
    exists: call.store.has(nameOf(call)),
  })),
  routeWithBody(
    'PUT',
    { operation: 'create_collection', template: COLLECTION, body: createCollection, ...META },
    (call, config) => {
      call.store.create(nameOf(call), config);
      return true;
    },
  ),
  routeWithBody(
    'PATCH',
    { operation: 'update_collection', template: COLLECTION, body: updateCollection, ...META },
    (call, change) => {
      call.store.get(nameOf(call)).reconfigure(change);
      return true;
    },
  ),
  route('DELETE', { operation: 'delete_collection', template: COLLECTION, ...META }, (call) =>
    call.store.delete(nameOf(call)),
  ),
  routeWithBody(
    'PUT',
    {
      operation: 'create_field_index',
      template: `${COLLECTION}/index`,
      body: createFieldIndex,
      parameters: WRITE_PARAMETERS,
      writes: true,
    },
    (call, { field_name: key, field_schema: schema }) => {
      const collection = call.store.get(nameOf(call));
      const params: IndexParams = typeof schema === 'string' ? { type: schema } : schema;
      const most = collection.strict.max_payload_index_count;
      if (most != null && !collection.indexes.has(key) && collection.indexes.size >= most) {
        throw badRequest(`Collection already has the maximum number of payload indices (${most})`);
      }
      return updateResult(call, collection, () => void collection.indexes.set(key, params));
    },
  ),
  route(
    'DELETE',
    {
      operation: 'delete_field_index',
      template: `${COLLECTION}/index/{field_name}`,
      parameters: WRITE_PARAMETERS,
      writes: true,
    },
    (call) => {
      const collection = call.store.get(nameOf(call));
      const key = call.path['field_name']!;
      return updateResult(call, collection, () => void collection.indexes.delete(key));
    },
  ),
];
