import { rm } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { Secret } from '../../../src/common/secret.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { dataPaths } from '../../../src/database/embedded/data-directory.js';
import { EmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';
import { migrateServer } from '../../../src/database/server-migration.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
  testPostgresqlHasVector,
} from '../../support/test-postgresql.js';

async function tables(dataSource: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await dataSource.query(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  return rows.map(({ name }) => name).filter((name) => name !== 'migrations');
}

async function downAll(dataSource: DataSource): Promise<void> {
  for (let left = dataSource.migrations.length; left > 0; left -= 1) {
    await dataSource.undoLastMigration();
  }
}

async function expectUpDownUp(dataSource: DataSource): Promise<void> {
  await dataSource.runMigrations();
  const first = await tables(dataSource);
  expect(first).toEqual(expect.arrayContaining(['memories', 'runs', 'tenants']));
  await downAll(dataSource);
  expect(await tables(dataSource)).toEqual([]);
  await dataSource.runMigrations();
  expect(await tables(dataSource)).toEqual(first);
  expect(await dataSource.runMigrations()).toEqual([]);
}

describe('migrations on PGlite', () => {
  it('go up, down to nothing and up again', async () => {
    const dataDir = await migratedDataDirectory();
    const postgres = await EmbeddedPostgres.start(dataPaths(dataDir).database);
    const dataSource = createDataSource({ mode: 'embedded', postgres });
    try {
      await dataSource.initialize();
      await expectUpDownUp(dataSource);
      expect(await tables(dataSource)).toContain('vectors');
    } finally {
      await dataSource.destroy();
      await postgres.close();
      await rm(dataDir, { recursive: true });
    }
  });
});

const missing = postgresqlMissing({ pgvector: false });
const onServer = missing ? describe.skip : describe;

onServer(`migrations on PostgreSQL${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const opened: { dataSource: DataSource; url: string }[] = [];

  async function open(vectors: 'postgresql' | 'qdrant'): Promise<(typeof opened)[number]> {
    const url = await createTestDatabase();
    const engine = { mode: 'server' as const, url: new Secret(url), poolSize: 2, vectors };
    const dataSource = createDataSource(engine);
    opened.push({ dataSource, url });
    await dataSource.initialize();
    return { dataSource, url };
  }

  afterAll(async () => {
    for (const { dataSource, url } of opened) {
      await dataSource.destroy();
      await dropTestDatabase(url);
    }
  });

  it('go up, down to nothing and up again without pgvector when vectors live in Qdrant', async () => {
    const { dataSource } = await open('qdrant');
    await expectUpDownUp(dataSource);
    expect(await tables(dataSource)).not.toContain('vectors');
  });

  const vectorTest = testPostgresqlHasVector() ? it : it.skip;
  vectorTest('go up, down to nothing and up again with pgvector', async () => {
    const { dataSource } = await open('postgresql');
    await expectUpDownUp(dataSource);
    expect(await tables(dataSource)).toContain('vectors');
  });

  it('run once when several replicas start together', async () => {
    const { dataSource, url } = await open('qdrant');
    const others = [1, 2, 3].map(() =>
      createDataSource({ mode: 'server', url: new Secret(url), poolSize: 2, vectors: 'qdrant' }),
    );
    const replicas = [dataSource, ...others];
    await Promise.all(others.map((other) => other.initialize()));
    try {
      await Promise.all(replicas.map((one) => migrateServer(one, new Secret(url), 'qdrant')));
      const rows: { times: number }[] = await dataSource.query(
        'select count(*)::int as times from migrations group by name',
      );
      expect(rows.map(({ times }) => times)).toEqual(dataSource.migrations.map(() => 1));
    } finally {
      await Promise.all(others.map((other) => other.destroy()));
    }
  });

  const plainTest = testPostgresqlHasVector() ? it.skip : it;
  plainTest('say what to do when the server has no pgvector and there is no Qdrant', async () => {
    const { dataSource, url } = await open('postgresql');
    await expect(migrateServer(dataSource, new Secret(url), 'postgresql')).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('no pgvector extension'),
    });
  });
});
