import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '../../src/database/database.js';
import type { TestApp, TestTenant } from './http-app.js';

/** A tenant that owns one of everything. `MARKER` stands in all its texts, never in a name or id. */
export interface Owner extends TestTenant {
  /** Name of its collection. */
  collection: string;
  /** A folder below TRIBUTARY_FILES_ROOTS. */
  folder: string;
  /** Id of one row of each kind: `ids.apiKey`, `ids.memory` ... filled by the seeds. */
  ids: Record<string, string>;
}

export const MARKER = 'kept-private-by-its-owner';

/** How to call an operation so that it would work for the owner of what it names. */
export interface OperationSample {
  /** Values of the path's parameters; `collection` is the owner's unless given. */
  params?: (owner: Owner) => Record<string, string>;
  /** e.g. `?limit=5` */
  query?: string;
  body?: (owner: Owner) => unknown;
  /** Statuses that another tenant may get beyond what the test expects by itself. */
  answersOthers?: number[];
  /** The answer changes by itself or never ends, so it says nothing about the owner's data. */
  unstable?: true;
}

type Seed = (app: TestApp, owner: Owner) => Promise<void>;

/** Gives the owner its rows, in order. Each feature adds one. */
export const seeds: Seed[] = [seedCollection, seedApiKey, seedMemory, seedConnection, seedJob];

async function seedCollection(app: TestApp, owner: Owner): Promise<void> {
  const body = { name: owner.collection, description: MARKER, metadata: { note: MARKER } };
  await app.request('POST', '/v1/memory/collections', { key: owner.apiKey, body });
}

async function seedApiKey(app: TestApp, owner: Owner): Promise<void> {
  owner.ids['apiKey'] = (await app.newKey({ name: MARKER }, owner.apiKey)).id;
}

async function seedMemory(app: TestApp, owner: Owner): Promise<void> {
  const path = `/v1/memory/collections/${owner.collection}/memories`;
  const body = { text: `Our secret: ${MARKER}`, metadata: { note: MARKER } };
  const added = await app.request('POST', path, { key: owner.apiKey, body });
  owner.ids['memory'] = added.body.id;
}

/** One readable and one broken file, so that there is a run, a document and a failure. */
async function seedConnection(app: TestApp, owner: Owner): Promise<void> {
  writeFileSync(join(owner.folder, 'plan.md'), `# Plan\n\n${MARKER}\n`);
  writeFileSync(join(owner.folder, 'broken.docx'), 'not a document');
  const key = owner.apiKey;
  const connection = await app.request('POST', '/v1/memory/connections', {
    key,
    body: { ...filesIn(owner), name: MARKER, collection: owner.collection },
  });
  owner.ids['connection'] = connection.body.id;
  const path = `/v1/memory/connections/${connection.body.id}`;
  const synced = await app.request('POST', `${path}/sync`, { key });
  owner.ids['run'] = synced.body.run_id;
  const failures = await app.request('GET', `${path}/failures`, { key });
  owner.ids['failure'] = failures.body[0].id;
  const documents = await app.request('GET', '/v1/memory/documents', { key });
  owner.ids['document'] = documents.body[0].id;
}

async function seedJob(app: TestApp, owner: Owner): Promise<void> {
  const path = `/v1/memory/collections/${owner.collection}/dedup`;
  await app.request('POST', path, { key: owner.apiKey, body: {} });
  const [job] = await app.nest
    .get(Database)
    .asSystem((tx) => tx.query(`select id from jobs where tenant_id = $1`, [owner.id]));
  owner.ids['job'] = job.id;
}

function filesIn({ folder }: Owner) {
  return { provider: 'files', config: { path: folder }, schedule: null };
}

const id = (kind: string) => (owner: Owner) => ({ id: owner.ids[kind]! });
const ofApiKey = { params: id('apiKey') };
const ofMemory = { params: id('memory') };
const ofConnection = { params: id('connection') };
const ofRun = { params: id('run') };
const ofFailure = { params: id('failure') };
const ofDocument = { params: id('document') };

/** One entry per operationId; the isolation test fails for an operation without one. */
export const samples: Record<string, OperationSample> = {
  // account and keys
  createApiKey: { body: () => ({ name: 'mine' }) },
  listApiKeys: {},
  revokeApiKey: ofApiKey,
  rotateKey: {},
  deleteAccount: { body: (owner) => ({ confirm: owner.id }), answersOthers: [422] },
  // operator
  createTenant: { body: () => ({ name: 'mine' }) },
  listTenants: {},
  connectorHealth: {},
  connectorStatus: {},
  memoryHealth: {},
  getOverview: {},
  listAudit: {},
  getIndex: {},
  rebuildIndex: {},
  checkIndex: { body: () => ({}) },
  getEncryption: {},
  rotateEncryption: {},
  // collections
  createCollection: { body: () => ({ name: 'mine' }) },
  listCollections: {},
  getCollection: {},
  updateCollection: { body: () => ({ description: 'taken over' }) },
  reindexCollection: { body: () => ({}) },
  deleteCollection: { query: '?cascade=true' },
  // memories
  addMemory: { body: () => ({ text: 'mine' }) },
  addMemories: { body: () => [{ text: 'mine' }] },
  listMemories: {},
  getMemory: ofMemory,
  updateMemory: { ...ofMemory, body: () => ({ text: 'taken over' }) },
  deleteMemory: ofMemory,
  moveMemory: { ...ofMemory, body: () => ({ to_collection: 'mine' }) },
  pinMemory: { ...ofMemory, body: () => ({ pinned: true }) },
  archiveMemory: { ...ofMemory, body: () => ({ archived: true }) },
  relatedMemories: ofMemory,
  // search
  searchMemories: { body: () => ({ query: 'our secret plan', min_score: 0 }) },
  composeContext: { body: () => ({ query: 'our secret plan', min_score: 0 }) },
  searchAllMemories: { body: () => ({ query: 'our secret plan', min_score: 0 }) },
  // curation
  forgetMemories: { body: () => ({ query: 'our secret plan', min_score: 0 }) },
  dedupMemories: { body: () => ({ threshold: 0.9, dry_run: false }) },
  archiveStaleMemories: { body: () => ({ older_than_days: 0, dry_run: false }) },
  collectionHealth: {},
  listContradictions: {},
  collectionProfile: {},
  summariseCollection: {},
  getJob: { params: id('job') },
  cancelJob: { params: id('job') },
  // portability
  getLocalEncryption: { unstable: true, answersOthers: [403] },
  rotateLocalEncryption: { answersOthers: [403] },
  getLocalIndex: { unstable: true, answersOthers: [403] },
  rebuildLocalIndex: { answersOthers: [403] },
  checkLocalIndex: { body: () => ({}), answersOthers: [403] },
  createBackup: { body: () => ({}), answersOthers: [403] },
  exportAccount: {},
  importMemories: { body: () => ({ memories: [{ text: 'mine' }] }) },
  // connections
  createConnection: { body: filesIn },
  listConnections: {},
  listConnectors: {},
  getConnection: ofConnection,
  updateConnection: { ...ofConnection, body: () => ({ name: 'taken over' }) },
  deleteConnection: { ...ofConnection, query: '?purge=true' },
  pauseConnection: ofConnection,
  resumeConnection: ofConnection,
  probeConnection: ofConnection,
  cancelConnection: ofConnection,
  syncConnection: { ...ofConnection, body: () => ({ full: true }) },
  listRuns: ofConnection,
  listFailures: ofConnection,
  confirmDeletions: ofConnection,
  rejectDeletions: ofConnection,
  planConnection: ofConnection,
  dryRunConnection: { ...ofConnection, body: () => ({ partition: '.' }) },
  planScope: { ...ofConnection, body: (owner) => ({ config: { path: owner.folder } }) },
  applyScope: {
    ...ofConnection,
    body: (owner) => ({ config: { path: owner.folder }, expected: { added: 0, removed: 0 } }),
  },
  // documents
  listDocuments: { query: '?q=plan' },
  getDocument: ofDocument,
  deleteDocument: { ...ofDocument, query: '?purge=true' },
  restoreDocument: ofDocument,
  explainDocument: { query: '?external_id=plan.md' },
  // runs and failures
  getRun: ofRun,
  explainRun: ofRun,
  followRun: ofRun,
  listRunRequests: ofRun,
  cancelRun: ofRun,
  retryFailure: ofFailure,
};
