import { parseArgs } from 'node:util';
import { Database } from '../../src/database/database.js';
import { EMBEDDER, type Embedder } from '../../src/inference/embedder.js';
import { DensePlan, type DenseScan } from '../../src/indexing/pgvector/dense-plan.js';
import { SearchService } from '../../src/search/search.service.js';
import type { TargetCollection } from '../../src/remember/new-memory.js';
import { prepareDatabase } from '../ingest/bench-database.js';
import { Corpus } from '../support/corpus.js';
import { QDRANT, type QdrantParts } from '../../src/indexing/qdrant/qdrant-parts.js';
import {
  VECTOR_INDEX,
  type IndexQuery,
  type ReadRows,
  type VectorIndex,
} from '../../src/indexing/vector-index.js';
import { bareArms, DEPTH } from './bare-arms.js';
import { bareArmsOfQdrant } from './bare-arms-of-qdrant.js';
import { fillCollection, settle } from './fill.js';
import { SearchServer } from './search-server.js';

/**
 * How long a hybrid search takes, beside the bare SQL of its two arms over the same pool in the
 * same run.
 *
 *   npm run bench:search -- --sizes 1000,10000,100000
 *   npm run bench:search -- --database postgresql://...   (databases are made and dropped there)
 *   npm run bench:search -- --database postgresql://... --qdrant http://...
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,20000,100000' },
    queries: { type: 'string', default: '100' },
    words: { type: 'string', default: '8' },
    database: { type: 'string' },
    qdrant: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** A server that has just been started runs interpreted: its first hundred searches take longer. */
const WARM_UP = 100;

interface Times {
  service: number[];
  /** Of the service: asking the index for candidates. */
  index: number[];
  /** Of the service: all the rest, that is scope, statistics, the query's vector and the rows. */
  rows: number[];
  http: number[];
  dense: number[];
  words: number[];
  /** Both, one after the other. */
  arms: number[];
  /** The longer one of the two for each query, as if both ran at once. */
  longer: number[];
}

let indexMs = 0;

const databases = await prepareDatabase(values.database, values.qdrant);
const server = await SearchServer.start(databases.env);
try {
  watch(server.get<VectorIndex>(VECTOR_INDEX));
  const sizes = values.sizes.split(',').map(Number);
  const collections: TargetCollection[] = [];
  for (const size of sizes) collections.push(await fillCollection(server, size));
  await settle(server);
  const rows = [];
  for (const [at, size] of sizes.entries()) {
    rows.push({ size, ...figures(await measure(collections[at]!, size)) });
  }
  if (values.json) console.log(JSON.stringify({ database: databaseName(), rows }));
  else console.table(rows);
} finally {
  await server.stop();
  await databases.remove();
}

function databaseName(): string {
  if (values.qdrant) return 'postgresql + qdrant';
  return values.database ? 'postgresql' : 'embedded';
}

/**
 * Ways of asking take turns, so that a slow second of the machine hits all of them, and so does
 * being the first to ask: the others then find the pages of that query in memory.
 */
async function measure(collection: TargetCollection, size: number): Promise<Times> {
  const embedder = server.get<Embedder>(EMBEDDER);
  const corpus = new Corpus(7);
  const scan = await scanOf(collection, size);
  const times: Times = {
    ...{ service: [], index: [], rows: [], http: [] },
    ...{ dense: [], words: [], arms: [], longer: [] },
  };
  for (let n = 0; n < WARM_UP + Number(values.queries); n += 1) {
    if (n === WARM_UP) for (const list of Object.values(times)) (list as number[]).length = 0;
    const text = corpus.text(Number(values.words));
    const [embedding] = await embedder.embed([text]);
    const ways = [
      () => askArms(times, collection, { text, embedding: embedding! }, scan),
      () => askService(times, collection, text),
      () => askHttp(times, collection, text),
    ];
    for (let turn = 0; turn < ways.length; turn += 1) await ways[(n + turn) % ways.length]!();
  }
  return times;
}

async function askArms(
  times: Times,
  collection: TargetCollection,
  query: { text: string; embedding: Float32Array },
  scan: DenseScan | null,
): Promise<void> {
  const database = server.get(Database);
  const qdrant = server.get<QdrantParts | null>(QDRANT);
  const read: ReadRows = (work) => database.inTenant(server.tenant, work);
  const { dense, words } = qdrant
    ? await bareArmsOfQdrant(qdrant, read, server.tenant, collection, query)
    : await read((tx) => bareArms(tx, database.mode, collection, query, scan!));
  times.dense.push(dense);
  times.words.push(words);
  times.arms.push(dense + words);
  times.longer.push(Math.max(dense, words));
}

async function askService(times: Times, { name }: TargetCollection, query: string): Promise<void> {
  indexMs = 0;
  const start = performance.now();
  await server
    .get(SearchService)
    .search(server.tenant, { query, collections: [name], limit: 10, minScore: 0 });
  const service = performance.now() - start;
  times.service.push(service);
  times.index.push(indexMs);
  times.rows.push(service - indexMs);
}

/** Adds to `indexMs` what each look into the index takes. */
function watch(index: VectorIndex): void {
  const candidates = index.candidates.bind(index);
  index.candidates = async (...asked) => {
    const start = performance.now();
    try {
      return await candidates(...asked);
    } finally {
      indexMs += performance.now() - start;
    }
  };
}

async function askHttp(times: Times, { name }: TargetCollection, query: string): Promise<void> {
  const start = performance.now();
  const body = { query, limit: 10, min_score: 0 };
  await server.post(`/v1/memory/collections/${name}/search`, body);
  times.http.push(performance.now() - start);
}

/** As the product chooses it for a query without a filter; null for Qdrant, which chooses itself. */
async function scanOf(collection: TargetCollection, size: number): Promise<DenseScan | null> {
  if (values.qdrant) return null;
  const query: IndexQuery = {
    ...{ tenant: server.tenant, mode: 'hybrid', text: '', depth: DEPTH, minCosine: -1, filter: {} },
    space: { id: collection.spaceId, dimensions: collection.dimensions },
    collectionIds: [collection.id],
    embedding: new Float32Array(collection.dimensions),
  };
  const plan = server.get(DensePlan);
  return server.get(Database).asSystem((tx) => plan.choose(tx, query, size));
}

function figures(times: Times): Record<string, number> {
  const arms = quantile(times.arms, 0.5);
  const service = quantile(times.service, 0.5);
  return {
    'dense p50': round(quantile(times.dense, 0.5)),
    'words p50': round(quantile(times.words, 0.5)),
    'arms p50': round(arms),
    'arms p95': round(quantile(times.arms, 0.95)),
    'longer arm p50': round(quantile(times.longer, 0.5)),
    'service p50': round(service),
    'service p95': round(quantile(times.service, 0.95)),
    'index p50': round(quantile(times.index, 0.5)),
    'rows p50': round(quantile(times.rows, 0.5)),
    'http p50': round(quantile(times.http, 0.5)),
    'http p95': round(quantile(times.http, 0.95)),
    'service - arms': round(service - arms),
    'service / arms': round(service / arms),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
