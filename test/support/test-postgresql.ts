import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Why there is no PostgreSQL for this test, or null when there is one. */
export function postgresqlMissing(needs: { pgvector: boolean }): string | null {
  const { TRIBUTARY_TEST_PG_ADMIN_URL, TRIBUTARY_TEST_PG_MISSING } = process.env;
  if (!TRIBUTARY_TEST_PG_ADMIN_URL) {
    return TRIBUTARY_TEST_PG_MISSING ?? 'the test was not started with global-setup.ts';
  }
  if (needs.pgvector && !testPostgresqlHasVector()) return 'this PostgreSQL has no pgvector';
  return null;
}

export function testPostgresqlHasVector(): boolean {
  return process.env.TRIBUTARY_TEST_PG_VECTOR === 'yes';
}

/** Creates an empty database and returns its URL. */
export async function createTestDatabase(): Promise<string> {
  const name = `tributary_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`create database ${name}`);
  const url = new URL(adminUrl());
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropTestDatabase(url: string): Promise<void> {
  await onServer(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`);
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function adminUrl(): string {
  const url = process.env.TRIBUTARY_TEST_PG_ADMIN_URL;
  if (!url) throw new Error('There is no PostgreSQL for tests.');
  return url;
}
