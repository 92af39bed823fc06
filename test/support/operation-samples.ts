import type { TestApp, TestTenant } from './http-app.js';

/** A tenant that owns one of everything. `MARKER` stands in all its texts, never in a name or id. */
export interface Owner extends TestTenant {
  /** Name of its collection. */
  collection: string;
  /** Id of one row of each kind: `ids.apiKey`, `ids.memory` ... filled by the seeds. */
  ids: Record<string, string>;
}

export const MARKER = 'kept-private-by-its-owner';

/** How to call an operation so that it would work for the owner of what it names. */
export interface OperationSample {
  /** Values of the path's parameters; `collection` is the owner's unless given. */
  params?: (owner: Owner) => Record<string, string>;
  /** e.g. `?limit=5` */
  query?: (owner: Owner) => string;
  body?: (owner: Owner) => unknown;
  /** What another tenant may get, where that is not 403 or 404 for a path with an id. */
  answersOthers?: number[];
  /** The answer changes by itself or never ends, so it says nothing about the owner's data. */
  unstable?: true;
}

/** Gives the owner its rows, in order. Each feature adds one. */
export const seeds: ((app: TestApp, owner: Owner) => Promise<void>)[] = [
  async (app, owner) => {
    const body = { name: owner.collection, description: MARKER, metadata: { note: MARKER } };
    await app.request('POST', '/v1/memory/collections', { key: owner.apiKey, body });
  },
  async (app, owner) => {
    owner.ids['apiKey'] = (await app.newKey({ name: MARKER }, owner.apiKey)).id;
  },
];

/** One entry per operationId; the isolation test fails for an operation without one. */
export const samples: Record<string, OperationSample> = {
  // account and keys
  createApiKey: { body: () => ({ name: 'mine' }) },
  listApiKeys: {},
  revokeApiKey: { params: ({ ids }) => ({ id: ids['apiKey']! }) },
  rotateKey: {},
  deleteAccount: { body: ({ id }) => ({ confirm: id }), answersOthers: [422] },
  // operator
  createTenant: { body: () => ({ name: 'mine' }) },
  listTenants: {},
  // collections
  createCollection: { body: ({ collection }) => ({ name: collection }) },
  listCollections: {},
  getCollection: {},
  updateCollection: { body: () => ({ description: 'taken over' }) },
  deleteCollection: { query: () => '?cascade=true' },
};
