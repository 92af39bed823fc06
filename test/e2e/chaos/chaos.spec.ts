import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { campaign } from '../../../bench/chaos/campaign.js';
import { PostgresqlCluster } from '../../../bench/chaos/postgresql-cluster.js';
import { QdrantDoubleProcess } from '../../../bench/chaos/qdrant-double.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';

const missing = postgresqlMissing({ pgvector: false });
const onPostgresql = missing ? describe.skip : describe;

/** Of the server that the tests run on: the campaign's own one is restarted and crashes. */
async function binaries(): Promise<string> {
  const client = new pg.Client({ connectionString: process.env.TRIBUTARY_TEST_PG_ADMIN_URL });
  await client.connect();
  try {
    const { rows } = await client.query<{ setting: string }>(
      `select setting from pg_config where name = 'BINDIR'`,
    );
    return rows[0]!.setting;
  } finally {
    await client.end();
  }
}

/** One of each sort, all that a run of the tests has time for; the rest is for the bench. */
const KINDS = [
  'worker killed',
  'api killed',
  'clock ahead',
  'qdrant down',
  'qdrant lost its data, nobody writes',
];

/**
 * The seeded short form of `npm run bench:chaos`, with a wire double in place of Qdrant: it plays
 * these kinds once each. Deaths of PostgreSQL, a full outbox, full disks, clocks that are set back,
 * and a Qdrant that is slow, hangs or is killed are played by the bench alone.
 */
onPostgresql(`two APIs and two workers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it(`lose nothing acknowledged, and the index follows: ${KINDS.join('; ')}`, async () => {
    const bin = await binaries();
    if (!existsSync(join(bin, 'initdb'))) throw new Error(`there is no initdb in ${bin}`);
    const postgresql = await PostgresqlCluster.create(bin);
    const index = await QdrantDoubleProcess.start();
    try {
      const report = await campaign({
        // Deaths come first: what they leave claimed is free again by the end.
        seed: 53,
        postgresql,
        index,
        databaseUrl: postgresql.url,
        rounds: KINDS.length,
        kinds: KINDS,
        files: 60,
        strict: false,
        outageMs: { brief: 500, long: 2000 },
      });
      expect(report.wrong).toEqual([]);
      expect(report.rounds.map(({ kind }) => kind).sort()).toEqual([...KINDS].sort());
      expect(report.rounds.every(({ told }) => told.length > 0)).toBe(true);
      expect(report.acknowledged).toBeGreaterThan(0);
      expect(report.documents).toBe(60);
    } finally {
      await index.remove();
      await postgresql.remove();
    }
  });
});
