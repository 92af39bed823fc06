import { parseArgs } from 'node:util';
import { prepareDatabase } from '../ingest/bench-database.js';
import { makeFolder } from '../ingest/folder.js';
import { killRounds } from './kill-rounds.js';
import { workerKillRounds } from './worker-kill-rounds.js';

/**
 * `kill -9` in the middle of syncs: nothing lost, nothing twice, and no run given up.
 *
 *   npm run bench:kill -- --kills 30 --documents 2000 [--database postgresql://...]
 *   npm run bench:kill -- --workers 2 --kills 100 --seed 1 --database postgresql://...
 *
 * With `--workers` the API runs by itself and the workers are killed, else the one server.
 */
const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '4' },
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string' },
    database: { type: 'string' },
  },
});

const [documents, kills, seed] = [values.documents, values.kills, values.seed].map(Number) as [
  number,
  number,
  number,
];
const workers = values.workers === undefined ? 0 : Number(values.workers);
if (workers > 0 && values.database === undefined)
  throw new Error('several processes need --database');
const count = workers > 0 ? Number(values.connections) : 1;
const folders = Array.from({ length: count }, () => makeFolder(Math.ceil(documents / count), 80));
const database = await prepareDatabase(values.database);
try {
  const report =
    workers > 0
      ? await workerKillRounds(folders, database, { workers, kills, seed })
      : await killRounds(folders[0]!, database, { kills, seed });
  console.log(JSON.stringify({ ...report, missing: report.missing.length }, null, 2));
  const wrong = report.missing.length + report.duplicates + report.strays + report.givenUp;
  if (wrong > 0) process.exitCode = 1;
} finally {
  await database.remove();
  for (const folder of folders) folder.remove();
}
