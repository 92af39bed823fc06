import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';
import { editShare, makeFolder } from '../ingest/folder.js';
import { prepareDatabase } from '../ingest/bench-database.js';
import { Corpus } from '../support/corpus.js';
import { ServerProcess } from '../support/server-process.js';
import { untilApplied } from '../support/until-applied.js';
import { openLoop } from './open-loop.js';
import { Fleet } from './fleet.js';

/**
 * Searches of many tenants over two API processes at a fixed rate, while two workers sync a folder
 * again and again into what one of these tenants searches. The rate does not wait for answers (an
 * open loop), so a stall is seen in full.
 *
 *   npm run bench:load -- --database postgresql://... [--qdrant http://127.0.0.1:6333]
 *     [--tenants 20] [--memories 5000] [--rate 20] [--seconds 120] [--documents 5000]
 *     [--syncs 1]
 */
const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '20' },
    memories: { type: 'string', default: '5000' },
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '120' },
    documents: { type: 'string', default: '5000' },
    syncs: { type: 'string', default: '1' },
    database: { type: 'string' },
    qdrant: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (values.database === undefined) throw new Error('several processes need --database');

const folders = Array.from({ length: Number(values.syncs) }, (_, at) =>
  makeFolder(Number(values.documents), 80, 3 + at),
);
const database = await prepareDatabase(values.database, values.qdrant);
const env = {
  ...database.env,
  TRIBUTARY_FILES_ROOTS: folders.map(({ path }) => path).join(delimiter),
  // With more, one worker could take all of them.
  TRIBUTARY_WORKER_SLOTS: '1',
};
const start = (role: 'api' | 'worker') =>
  ServerProcess.start({ ...env, TRIBUTARY_ROLE: role, TRIBUTARY_OPERATOR_KEY: Fleet.OPERATOR_KEY });
// One after the other: the first one migrates and makes the first tenant.
const apis = [await start('api'), await start('api')];
const workers = [await start('worker'), await start('worker')];
try {
  const fleet = await Fleet.create(apis, Number(values.tenants));
  await fleet.fill(Number(values.memories));
  if (values.qdrant) await untilApplied(database.env.DATABASE_URL!);
  const corpus = new Corpus(11);
  for (const search of fleet.everyTenantOnce()) await search(corpus.text(8));
  const syncs = fleet.syncAgainAndAgain(folders, (folder) => editShare(folder, 0.5));
  const report = await openLoop({
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    ask: () => fleet.search(corpus.text(8)),
  });
  const synced = await syncs.stop();
  const figures = {
    database: values.qdrant ? 'postgresql + qdrant' : 'postgresql',
    ...report,
    'documents synced meanwhile': synced.documents,
    'syncs at a time': folders.length,
    'workers that synced them': synced.workers,
    'peak RSS of an API process, MB': megabytes(apis),
    'peak RSS of a worker, MB': megabytes(workers),
  };
  if (values.json) console.log(JSON.stringify(figures));
  else for (const [name, value] of Object.entries(figures)) console.log(name.padEnd(34), value);
} finally {
  await Promise.all([...apis, ...workers].map((process) => process.stop()));
  await database.remove();
  for (const folder of folders) folder.remove();
}

function megabytes(processes: readonly ServerProcess[]): number {
  return Math.round(Math.max(...processes.map(({ peakRss }) => peakRss)) / 2 ** 20);
}
