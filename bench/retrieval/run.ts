import { parseArgs } from 'node:util';
import { prepareDatabase } from '../ingest/bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import { defaultFolders, readJudgedSet, type JudgedSet } from './judged-set.js';
import { averagePrecisionAt, meanOver, ndcgAt, recallAt } from './measures.js';

/**
 * How well search finds what people judged relevant, through the HTTP API of a real server and
 * without boosts: folders in BEIR's layout in, nDCG@10, MAP@100 and recall@100 out.
 *
 *   npm run bench:retrieval -- path/to/cranfield path/to/cacm
 *   npm run bench:retrieval -- --database postgresql://...   (databases are made and dropped there)
 *
 * Without folders: those below TRIBUTARY_TEST_DATA.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const MODES = ['text', 'vector', 'hybrid'] as const;
const PER_REQUEST = 100;
/** Longest wait for background work to count the documents; without counts there is no BM25. */
const SETTLE_MS = 30_000;

interface Row {
  set: string;
  mode: string;
  'nDCG@10': number;
  'MAP@100': number;
  'recall@100': number;
}

interface Hit {
  readonly id: string;
  readonly rank_score: number;
}

const folders =
  positionals.length > 0 ? positionals : defaultFolders(process.env.TRIBUTARY_TEST_DATA);
if (folders.length === 0)
  throw new Error('name a folder in BEIR layout, or set TRIBUTARY_TEST_DATA');

const databases = await prepareDatabase(values.database);
const server = await ServerProcess.start({ ...databases.env, TRIBUTARY_LOG_LEVEL: 'info' });
const rows: Row[] = [];
try {
  for (const folder of folders) rows.push(...(await evaluate(readJudgedSet(folder))));
} finally {
  await server.stop();
  await databases.remove();
}
const database = values.database ? 'postgresql' : 'embedded';
if (values.json) console.log(JSON.stringify({ database, rows }));
else console.table(rows);

async function evaluate(set: JudgedSet): Promise<Row[]> {
  const path = `/v1/memory/collections/${encodeURIComponent(set.name)}`;
  const documentOf = await add(`${path}/memories/bulk`, set);
  const search = async (query: string, mode: string): Promise<string[]> => {
    const body = { query, mode, limit: 100, min_score: 0, boosts: false };
    const hits = await server.request<Hit[]>('POST', `${path}/search`, body);
    return hits.map((hit) => documentOf.get(hit.id)!);
  };
  const rankings = async (mode: string) => {
    const runs = [];
    for (const { text, relevant } of set.queries)
      runs.push({ ranking: await search(text, mode), relevant });
    return runs;
  };
  await settled(() => rankings('text'));
  const measured: Row[] = [];
  for (const mode of MODES) {
    const runs = await rankings(mode);
    measured.push({
      set: set.name,
      mode,
      'nDCG@10': round(meanOver(runs, ndcgAt, 10)),
      'MAP@100': round(meanOver(runs, averagePrecisionAt, 100)),
      'recall@100': round(meanOver(runs, recallAt, 100)),
    });
  }
  return measured;
}

/** @returns the document of each memory */
async function add(path: string, set: JudgedSet): Promise<Map<string, string>> {
  const documentOf = new Map<string, string>();
  for (let from = 0; from < set.documents.length; from += PER_REQUEST) {
    const documents = set.documents.slice(from, from + PER_REQUEST);
    const body = documents.map(({ text }) => ({ text }));
    const { ids } = await server.request<{ ids: string[] }>('POST', path, body);
    ids.forEach((id, at) => documentOf.set(id, documents[at]!.id));
  }
  return documentOf;
}

/** Word counts follow the writes after about a second: waits until two rounds answer the same. */
async function settled(answers: () => Promise<unknown>): Promise<void> {
  let before = '';
  for (const end = Date.now() + SETTLE_MS; Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const now = JSON.stringify(await answers());
    if (now === before) return;
    before = now;
  }
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
