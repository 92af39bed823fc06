import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import type { Secret } from '../common/secret.js';

/** Any number that other users of the database are unlikely to lock. */
const LOCK_KEY = 7_463_052_188;
const OLDEST_VERSION = 150_000;

/**
 * Runs the pending migrations while every other replica that starts waits, then finds none. The
 * lock belongs to a connection of its own, so it ends with the process whatever happens.
 * @throws AppError `configuration_invalid` when the server lacks what the configuration needs.
 */
export async function migrateServer(
  dataSource: DataSource,
  url: Secret<string>,
  vectors: 'postgresql' | 'qdrant',
): Promise<void> {
  const client = new pg.Client({ connectionString: url.reveal() });
  // Without a listener a connection that breaks would end the process; queries report it too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await checkServer(client, vectors);
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    await dataSource.runMigrations();
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client, vectors: 'postgresql' | 'qdrant'): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string; vector: boolean }>(`
    select current_setting('server_version_num')::int as version,
           current_setting('server_version') as name,
           exists (select from pg_available_extensions where name = 'vector') as vector`);
  const server = rows[0]!;
  if (server.version < OLDEST_VERSION) {
    throw new AppError(
      'configuration_invalid',
      `DATABASE_URL is a PostgreSQL ${server.name}; version 15 or later is needed.`,
    );
  }
  if (vectors === 'postgresql' && !server.vector) {
    throw new AppError(
      'configuration_invalid',
      'The PostgreSQL server has no pgvector extension ("vector"). Install it there ' +
        '(https://github.com/pgvector/pgvector).',
    );
  }
}
