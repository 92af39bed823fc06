import { delimiter } from 'node:path';
import { bareInsert } from './bare-insert.js';
import { prepareDatabase, type BenchDatabase } from './bench-database.js';
import { editShare, makeFolder, type BenchFolder } from './folder.js';
import type { Run } from '../support/run.js';
import { ServerProcess } from '../support/server-process.js';
import { untilApplied } from '../support/until-applied.js';

/** A server that has just started compiles its code for the first seconds; that is told apart. */
const WARM_UP = 2000;

export interface RoundOptions {
  readonly documents: number;
  readonly words: number;
  /** Default: an embedded one. */
  readonly database?: string;
  readonly qdrant?: string;
}

/** A new database, a first sync, unchanged ones, an edited one, and the bare INSERT of the rows. */
export async function measureRound(
  options: RoundOptions,
): Promise<Record<string, string | number>> {
  const { documents, words, qdrant } = options;
  const folder = makeFolder(documents, words);
  const warmUp = makeFolder(WARM_UP, words, 2);
  const roots = [folder.path, warmUp.path].join(delimiter);
  const database = await prepareDatabase(options.database, qdrant);
  const server = await ServerProcess.start({ ...database.env, TRIBUTARY_FILES_ROOTS: roots });
  try {
    const fresh = await sync(server, await connect(server, warmUp));
    const connection = await connect(server, folder);
    const idleRss = server.rss;
    const idleCpu = server.cpuSeconds;
    const begun = performance.now();
    const first = await sync(server, connection);
    if (qdrant) await untilApplied(database.env.DATABASE_URL!);
    const applied = (performance.now() - begun) / 1000;
    const cpu = server.cpuSeconds - idleCpu;
    const firstRss = server.peakRss;
    // Right after the first sync the database still tidies up behind it, hence three of them.
    const unchanged = [];
    for (let i = 0; i < 3; i++) unchanged.push(await sync(server, connection));
    editShare(folder, 0.01);
    const edited = await sync(server, connection);
    await server.stop();
    const rate = documents / first.seconds;
    return {
      database: qdrant ? 'postgresql + qdrant' : options.database ? 'postgresql' : 'embedded',
      documents,
      'ingest, documents/s': round(rate),
      [`the first ${WARM_UP} of the server, /s`]: round(WARM_UP / fresh.seconds),
      ...(qdrant
        ? { 'stored and in Qdrant, documents/s': round(documents / applied) }
        : await besideBare(database, rate)),
      'server CPU, ms/document': round((cpu * 1000) / documents, 2),
      'peak RSS, MB': round(firstRss / 2 ** 20),
      'RSS before, MB': round(idleRss / 2 ** 20),
      'unchanged syncs, s': unchanged.map(({ seconds }) => round(seconds, 2)).join(' '),
      'unchanged: fetched': sum(unchanged.map(({ run }) => run.counts.fetched!)),
      'unchanged: embedded': sum(unchanged.map(({ run }) => run.counts.embedded!)),
      '1 % edited sync, s': round(edited.seconds, 2),
      '1 % edited: embedded': edited.run.counts.embedded!,
    };
  } finally {
    await server.stop();
    await database.remove();
    for (const made of [folder, warmUp]) made.remove();
  }
}

async function connect(server: ServerProcess, { path }: BenchFolder): Promise<string> {
  const body = { provider: 'files', config: { path }, schedule: null };
  const { id } = await server.request<{ id: string }>('POST', '/v1/memory/connections', body);
  return id;
}

async function sync(
  server: ServerProcess,
  connection: string,
): Promise<{ run: Run; seconds: number }> {
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

async function besideBare(database: BenchDatabase, rate: number): Promise<Record<string, number>> {
  const bare = await bareInsert(database);
  const bareRate = bare.rows / bare.seconds;
  return {
    'bare INSERT, documents/s': round(bareRate),
    'ratio to bare INSERT': round(rate / bareRate, 2),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
