import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import type { Secret } from '../common/secret.js';
import { isDenied } from './database-errors.js';
import { migrationsFor } from './migrations.js';
import { prepareTenantRole } from './row-level-security.js';
import { mendPolicies, refuseIncomplete } from './schema-gaps.js';

/** Any number that other users of the database are unlikely to lock. */
const LOCK_KEY = 7_463_052_188;
const OLDEST_VERSION = 150_000;
const CONNECT_MS = 10_000;

type Vectors = 'postgresql' | 'qdrant';

export interface MigrationOptions {
  /** Gives up what the store has that vectors were in before. */
  readonly moveVectors?: boolean;
  /** Hears what was mended. */
  readonly onWarning?: (message: string) => void;
}

/** The database is in use with its vectors in another store than the configuration names. */
export class VectorsElsewhere extends AppError {
  constructor(
    readonly store: 'PostgreSQL' | 'Qdrant',
    setting: string,
  ) {
    super(
      'configuration_invalid',
      `The vectors of this database are in ${store}, but ${setting}. To move them, stop every ` +
        'process, run "tributary migrate --move-vectors" with this configuration, start again and ' +
        'run "tributary doctor --repair", which embeds all texts again.',
    );
  }
}

/**
 * Runs the pending migrations, makes policies again that are missing, and the role of tenants'
 * transactions where the login may, while every other replica that starts waits, then finds none.
 * The lock belongs to a connection of its own, so it ends with the process whatever happens.
 * @returns the names of those that ran, in their order
 * @throws AppError `configuration_invalid` when the server lacks what the configuration needs;
 *   VectorsElsewhere when vectors are in the other store; `schema_incomplete`
 */
export function migrateServer(
  dataSource: DataSource,
  url: Secret<string>,
  vectors: Vectors,
  { moveVectors = false, onWarning = () => undefined }: MigrationOptions = {},
): Promise<string[]> {
  return onServer(url, async (client) => {
    await checkServer(client, vectors);
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    const mended = await mendPolicies(client, await appliedMigrations(client));
    if (mended.length > 0)
      onWarning(
        `Policies of row level security were missing and made again: ${mended.join(', ')}.`,
      );
    if (!moveVectors) await refuseVectorsElsewhere(client, vectors);
    if (vectors === 'postgresql') await makeExtension(client);
    const ran = await dataSource.runMigrations();
    await prepareTenantRole(client);
    if (moveVectors) await forgetVectorsElsewhere(client, vectors);
    return ran.map(({ name }) => name);
  });
}

/**
 * The migrations that this version has and the database has not, in their order. Changes nothing.
 * @throws AppError `configuration_invalid` when the server lacks what the configuration needs;
 *   `schema_incomplete`
 */
export function pendingMigrations(url: Secret<string>, vectors: Vectors): Promise<string[]> {
  return onServer(url, async (client) => {
    await checkServer(client, vectors);
    const applied = await appliedMigrations(client);
    await refuseIncomplete(client, applied);
    await refuseVectorsElsewhere(client, vectors);
    return migrationsFor(vectors)
      .map(({ name }) => name)
      .filter((name) => !applied.includes(name))
      .sort((a, b) => timestampOf(a) - timestampOf(b));
  });
}

/** @throws AppError `migrations_pending`, `configuration_invalid`, `schema_incomplete` */
export async function refusePendingMigrations(
  url: Secret<string>,
  vectors: Vectors,
): Promise<void> {
  const pending = await pendingMigrations(url, vectors);
  if (pending.length === 0) return;
  throw new AppError(
    'migrations_pending',
    `The database lacks ${pending.length} of this version's migrations (${pending.join(', ')}) ` +
      'and TRIBUTARY_MIGRATE=never. Run "tributary migrate" once.',
  );
}

async function onServer<T>(
  url: Secret<string>,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    connectionTimeoutMillis: CONNECT_MS,
  });
  // Without a listener a connection that breaks would end the process; queries report it too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** TypeORM runs migrations in the order of the timestamp that their names end with. */
function timestampOf(name: string): number {
  return Number(name.slice(-13));
}

async function appliedMigrations(client: pg.Client): Promise<string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `select to_regclass('migrations') is not null as there`,
  );
  if (!found[0]!.there) return [];
  const { rows } = await client.query<{ name: string }>('select name from migrations');
  return rows.map(({ name }) => name);
}

/**
 * Vectors are in one store at a time: what another one still had would be found again, out of date,
 * the day that the setting changes back.
 */
async function refuseVectorsElsewhere(client: pg.Client, vectors: Vectors): Promise<void> {
  const other = vectors === 'qdrant' ? 'vectors' : 'point_vectors';
  const { rows: tables } = await client.query<{ there: boolean }>(
    `select to_regclass($1) is not null as there`,
    [other],
  );
  if (!tables[0]!.there) return;
  const { rows } = await client.query<{ held: boolean }>(
    `select exists (select from ${other}) as held`,
  );
  if (!rows[0]!.held) return;
  const [here, setting] =
    vectors === 'qdrant'
      ? (['PostgreSQL', 'QDRANT_URL is set'] as const)
      : (['Qdrant', 'QDRANT_URL is not'] as const);
  throw new VectorsElsewhere(here, setting);
}

async function forgetVectorsElsewhere(client: pg.Client, vectors: Vectors): Promise<void> {
  const others = vectors === 'qdrant' ? ['vectors', 'words'] : OF_QDRANT;
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) as name where to_regclass(name) is not null`,
    [others],
  );
  // Words are counted again as they are written to the new store.
  const tables = [...rows.map(({ name }) => name), 'term_stats', 'term_deltas', 'collection_stats'];
  // Together: an act without its entry, or an entry without its act, would be wrong.
  await client.query('begin');
  await client.query(`truncate ${tables.join(', ')}`);
  await client.query(
    `insert into audit_log (id, actor, action, details, created_at)
     values (gen_random_uuid(), 'operator', $1, $2, now())`,
    ['index.vectors_moved', { to: vectors }],
  );
  await client.query('commit');
}

const OF_QDRANT = ['point_vectors', 'point_words', 'index_versions', 'outbox'];

/** Most builds of pgvector let superusers alone make it, whoever owns the database. */
async function makeExtension(client: pg.Client): Promise<void> {
  try {
    await client.query('create extension if not exists vector');
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw new AppError(
      'configuration_invalid',
      'The login of DATABASE_URL may not make the extension "vector". Have a superuser run ' +
        'CREATE EXTENSION vector; in this database.',
      { cause: error },
    );
  }
}

async function checkServer(client: pg.Client, vectors: Vectors): Promise<void> {
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
