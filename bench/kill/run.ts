import { parseArgs } from 'node:util';
import { prepareDatabase } from '../ingest/bench-database.js';
import { makeFolder } from '../ingest/folder.js';
import { killRounds } from './kill-rounds.js';

/**
 * `kill -9` in the middle of syncs: nothing lost, nothing twice.
 *
 *   npm run bench:kill -- --kills 30 --documents 2000 [--database postgresql://...]
 */
const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string' },
  },
});

const folder = makeFolder(Number(values.documents), 80);
const database = await prepareDatabase(values.database);
try {
  const options = { kills: Number(values.kills), seed: Number(values.seed) };
  const report = await killRounds(folder, database, options);
  console.log(JSON.stringify({ ...report, missing: report.missing.length }, null, 2));
  if (report.missing.length + report.duplicates + report.strays > 0) process.exitCode = 1;
} finally {
  await database.remove();
  folder.remove();
}
