import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { campaign, type Round } from './campaign.js';
import { PostgresqlCluster } from './postgresql-cluster.js';
import { QdrantDoubleProcess } from './qdrant-double.js';
import { QdrantServer } from './qdrant-server.js';
import { summary } from './summary.js';

/**
 * Faults of every kind against two APIs, two workers, PostgreSQL and Qdrant, while clients write
 * and a folder syncs. After each of them everything acknowledged must be there, nothing else, and
 * the index must equal the rows.
 *
 *   npm run bench:chaos -- --rounds 100 --seed 1 [--qdrant-bin PATH] [--pg-bin FOLDER] [--json]
 *   npm run bench:chaos -- --rounds 50 --database postgresql://...
 *
 * It starts a PostgreSQL of its own (binaries: `--pg-bin`, TRIBUTARY_TEST_PG_BIN, `pg_config`).
 * With `--database`, an administrator's URL, it works in a scratch database there, and nothing
 * befalls PostgreSQL. Without `--qdrant-bin` Qdrant is the wire double of test/simulators.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    files: { type: 'string', default: '200' },
    'outage-seconds': { type: 'string', default: '60' },
    kind: { type: 'string', multiple: true },
    database: { type: 'string' },
    'pg-bin': { type: 'string' },
    'qdrant-bin': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed);
const scratch = `tributary_chaos_${process.pid}`;

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function show({ number, kind, told, faultMs, recoveryMs, awaited, wrong }: Round): void {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const times = `${seconds(faultMs)}, recovered in ${seconds(recoveryMs)} (${awaited})`;
  process.stderr.write(`${number} ${kind}: ${times}; ${told.join('; ')}\n`);
  for (const line of wrong) process.stderr.write(`  WRONG ${line}\n`);
}

const binaries =
  values['pg-bin'] ??
  process.env['TRIBUTARY_TEST_PG_BIN'] ??
  (values.database ? '' : execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim());
const postgresql = values.database ? null : await PostgresqlCluster.create(binaries);
const adminUrl = values.database ?? postgresql!.url;
const index = values['qdrant-bin']
  ? await QdrantServer.start(values['qdrant-bin'])
  : await QdrantDoubleProcess.start();
// What was started ends with this process (orphans.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  await onServer(adminUrl, `create database ${scratch}`);
  const report = await campaign({
    seed,
    postgresql,
    index,
    databaseUrl: Object.assign(new URL(adminUrl), { pathname: scratch }).href,
    rounds: Number(values.rounds),
    files: Number(values.files),
    kinds: values.kind,
    strict: true,
    outageMs: { brief: 3000, long: 1000 * Number(values['outage-seconds']) },
    onRound: show,
  });
  const shown = { seed, index: index.name, ...summary(report) };
  process.stdout.write(`${JSON.stringify(shown, null, values.json ? undefined : 2)}\n`);
  if (report.wrong.length > 0) process.exitCode = 1;
} finally {
  if (values.database) await onServer(adminUrl, `drop database if exists ${scratch} with (force)`);
  await index.remove();
  await postgresql?.remove();
}
