import { prepareDatabase } from '../../../bench/ingest/bench-database.js';
import { makeFolder } from '../../../bench/ingest/folder.js';
import { killRounds } from '../../../bench/kill/kill-rounds.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';

/** The seeded short form of `npm run bench:kill`. */
async function expectNothingLost(url: string | undefined): Promise<void> {
  const folder = makeFolder(400, 60);
  const database = await prepareDatabase(url);
  try {
    const report = await killRounds(folder, database, { kills: 4, seed: 7 });
    expect(report).toMatchObject({ kills: 4, documents: 400, missing: [], duplicates: 0 });
    expect(report.strays).toBe(0);
    expect(report.duringRun).toBeGreaterThan(0);
  } finally {
    await database.remove();
    folder.remove();
  }
}

describe('killing the server in the middle of a sync', () => {
  it('loses nothing and stores nothing twice on PGlite', async () => {
    await expectNothingLost(undefined);
  });

  const missing = postgresqlMissing({ pgvector: true });
  const onPostgresql = missing ? it.skip : it;
  onPostgresql(
    `loses nothing and stores nothing twice on PostgreSQL${missing ? ` (skipped: ${missing})` : ''}`,
    async () => {
      await expectNothingLost(process.env.TRIBUTARY_TEST_PG_ADMIN_URL);
    },
  );
});
