import { Secret } from '../../../src/common/secret.js';
import { DatabaseClock } from '../../../src/database/database-clock.js';
import { openDatabase, type OpenedDatabase } from '../../../src/database/open-database.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';

const DAY_MS = 24 * 3_600_000;
const TENANT = '00000000-0000-4000-8000-000000000001';

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`a machine whose clock is wrong${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let url: string;
  let opened: OpenedDatabase;
  /** How far the machine is ahead. */
  let ahead = 9 * DAY_MS;
  const clock = new DatabaseClock(() => Date.now() + ahead);

  beforeAll(async () => {
    url = await createTestDatabase();
    opened = await openDatabase(
      { dataDir: '', databaseUrl: new Secret(url), databasePoolSize: 2 },
      { clock },
    );
  });
  afterAll(async () => {
    await opened.database.close();
    await dropTestDatabase(url);
  });

  async function apartMs(): Promise<number> {
    const [row] = await opened.database.inTenant(TENANT, (tx) =>
      tx.query<{ now: Date }[]>('select clock_timestamp() as now'),
    );
    return Math.abs(clock.now().getTime() - row!.now.getTime());
  }

  it('works with the time of its database from the start', async () => {
    expect(await apartMs()).toBeLessThan(DAY_MS / 24);
    expect(Math.abs(clock.aheadMs - ahead)).toBeLessThan(DAY_MS / 24);
  });

  it('goes on with it when its clock jumps', async () => {
    ahead = -9 * DAY_MS;
    expect(await apartMs()).toBeLessThan(DAY_MS / 24);
    expect(Math.abs(clock.aheadMs - ahead)).toBeLessThan(DAY_MS / 24);
  });
});
