import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';
import { bareInsert } from './bare-insert.js';
import { makeFolder, editShare, type BenchFolder } from './folder.js';
import { prepareDatabase } from './bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import { untilApplied } from '../support/until-applied.js';

/**
 * Documents per second through the `files` connector, beside the bare INSERT of the same rows
 * into the same kind of database in the same run.
 *
 *   npm run bench:ingest -- --documents 10000
 *   npm run bench:ingest -- --documents 10000 --database postgresql://...   (a scratch database)
 */
const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '10000' },
    words: { type: 'string', default: '80' },
    database: { type: 'string' },
    qdrant: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

interface Run {
  status: string;
  counts: Record<string, number>;
  started_at: string;
  finished_at: string;
  error: string | null;
}

/** A server that has just started compiles its code for the first seconds; that is told apart. */
const WARM_UP = 2000;

const documents = Number(values.documents);
const words = Number(values.words);
const folder = makeFolder(documents, words);
const warmUp = makeFolder(WARM_UP, words, 2);
const roots = [folder.path, warmUp.path].join(delimiter);
const database = await prepareDatabase(values.database, values.qdrant);
const server = await ServerProcess.start({ ...database.env, TRIBUTARY_FILES_ROOTS: roots });
try {
  const fresh = await sync(await connect(warmUp));
  const connection = await connect(folder);
  const idleRss = server.rss;
  const idleCpu = server.cpuSeconds;
  const begun = performance.now();
  const first = await sync(connection);
  if (values.qdrant) await untilApplied(database.env.DATABASE_URL!);
  const applied = (performance.now() - begun) / 1000;
  const cpu = server.cpuSeconds - idleCpu;
  const firstRss = server.peakRss;
  // Right after the first sync the database still tidies up behind it, hence three of them.
  const unchanged = [];
  for (let i = 0; i < 3; i++) unchanged.push(await sync(connection));
  editShare(folder, 0.01);
  const edited = await sync(connection);
  await server.stop();
  const rate = documents / first.seconds;
  report({
    database: values.qdrant ? 'postgresql + qdrant' : values.database ? 'postgresql' : 'embedded',
    documents,
    'ingest, documents/s': round(rate),
    [`the first ${WARM_UP} of the server, /s`]: round(WARM_UP / fresh.seconds),
    ...(values.qdrant
      ? { 'stored and in Qdrant, documents/s': round(documents / applied) }
      : await besideBare(rate)),
    'server CPU, ms/document': round((cpu * 1000) / documents, 2),
    'peak RSS, MB': round(firstRss / 2 ** 20),
    'RSS before, MB': round(idleRss / 2 ** 20),
    'unchanged syncs, s': unchanged.map(({ seconds }) => round(seconds, 2)).join(' '),
    'unchanged: fetched': sum(unchanged.map(({ run }) => run.counts.fetched!)),
    'unchanged: embedded': sum(unchanged.map(({ run }) => run.counts.embedded!)),
    '1 % edited sync, s': round(edited.seconds, 2),
    '1 % edited: embedded': edited.run.counts.embedded!,
  });
} finally {
  await server.stop();
  await database.remove();
  for (const made of [folder, warmUp]) made.remove();
}

async function connect({ path }: BenchFolder): Promise<string> {
  const body = { provider: 'files', config: { path }, schedule: null };
  const { id } = await server.request<{ id: string }>('POST', '/v1/memory/connections', body);
  return id;
}

async function sync(connection: string): Promise<{ run: Run; seconds: number }> {
  const path = `/v1/memory/connections/${connection}/sync?wait=false`;
  const { run_id } = await server.request<{ run_id: string }>('POST', path, {});
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const run = await server.request<Run>('GET', `/v1/memory/runs/${run_id}`);
    if (run.status === 'queued' || run.status === 'running') continue;
    if (run.status !== 'success') throw new Error(`run ended ${run.status}: ${run.error}`);
    const seconds = (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000;
    return { run, seconds };
  }
}

async function besideBare(rate: number): Promise<Record<string, number>> {
  const bare = await bareInsert(database);
  const bareRate = bare.rows / bare.seconds;
  return {
    'bare INSERT, documents/s': round(bareRate),
    'ratio to bare INSERT': round(rate / bareRate, 2),
  };
}

function report(figures: Record<string, string | number>): void {
  if (values.json) return console.log(JSON.stringify(figures));
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(34)} ${value}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
