import { parseArgs } from 'node:util';
import { prepareDatabase } from '../ingest/bench-database.js';
import { makeEqualFolders } from './equal-folders.js';
import { measureFairness } from './fairness.js';

/**
 * Whether equal connections get equal shares of saturated workers.
 *
 *   npm run bench:fairness -- --database postgresql://... [--connections 200] [--workers 2]
 *     [--seconds 300] [--files 600]
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '200' },
    workers: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '300' },
    files: { type: 'string', default: '600' },
    database: { type: 'string' },
  },
});
if (values.database === undefined) throw new Error('several processes need --database');

const folders = makeEqualFolders(Number(values.connections), Number(values.files));
const database = await prepareDatabase(values.database);
try {
  const report = await measureFairness(folders, database, {
    workers: Number(values.workers),
    seconds: Number(values.seconds),
  });
  console.log(JSON.stringify(report, null, 2));
  if (!(report.ratio < 1.5) || report.errors > 0) process.exitCode = 1;
} finally {
  await database.remove();
  folders.remove();
}
