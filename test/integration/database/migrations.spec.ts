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

  vectorTest('keep vectors in one store, and move them only when told to', async () => {
    const { dataSource, url } = await open('postgresql');
    const secret = new Secret(url);
    await migrateServer(dataSource, secret, 'postgresql');
    await dataSource.query(`
      with tenant as (insert into tenants (id, name) values (gen_random_uuid(), 't') returning id),
      space as (insert into embedding_spaces (model, dimensions) values ('m', 1) returning id),
      collection as (
        insert into collections (id, tenant_id, name, space_id)
        select gen_random_uuid(), tenant.id, 'c', space.id from tenant, space
        returning id, tenant_id, space_id)
      insert into memories (id, tenant_id, collection_id, text, text_hash)
      select gen_random_uuid(), tenant_id, id, 'text', 'hash' from collection`);
    await dataSource.query(`
      insert into vectors (space_id, collection_id, memory_id, embedding)
      select c.space_id, c.id, m.id, '[1]' from memories m join collections c on c.id = m.collection_id`);
    const engine = {
      mode: 'server' as const,
      url: secret,
      poolSize: 2,
      vectors: 'qdrant' as const,
    };
    const moved = createDataSource(engine);
    await moved.initialize();
    try {
      await expect(migrateServer(moved, secret, 'qdrant')).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('migrate --move-vectors'),
      });
      expect(await tables(moved)).not.toContain('point_vectors');
      await migrateServer(moved, secret, 'qdrant', { moveVectors: true });
      const counts = await moved.query(
        `select (select count(*)::int from vectors) as vectors,
           (select count(*)::int from memories) as memories`,
      );
      expect(counts).toEqual([{ vectors: 0, memories: 1 }]);
      expect(await moved.query(`select actor, action, details from audit_log`)).toEqual([
        { actor: 'operator', action: 'index.vectors_moved', details: { to: 'qdrant' } },
      ]);
      await migrateServer(moved, secret, 'qdrant');
    } finally {
      await moved.destroy();
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
