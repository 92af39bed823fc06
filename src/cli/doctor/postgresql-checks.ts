import pg from 'pg';
import type { Secret } from '../../common/secret.js';
import type { Config } from '../../config/config.js';
import { migrationsFor } from '../../database/migrations.js';
import { HALF_TRANSFERRED, UNFINISHED_TRANSFER } from '../../database/half-transferred.js';
import { readRowLevelSecurity, type RowLevelSecurity } from '../../database/row-level-security.js';
import { refuseIncomplete } from '../../database/schema-gaps.js';
import { translateDatabaseError } from '../../database/database-errors.js';
import { attempt, describeFailure, fail, ok, skip, warn, type Check } from './check.js';
import { checkUsedKeys } from './key-checks.js';

const OLDEST_VERSION = 150_000;
const TIMEOUT_MS = 5_000;

interface ServerFacts {
  number: number;
  version: string;
  available: string | null;
  installed: string | null;
  migrated: boolean;
  half_transferred: boolean;
}

const FACTS = `
  select current_setting('server_version_num')::int as number,
         current_setting('server_version') as version,
         (select default_version from pg_available_extensions where name = 'vector') as available,
         (select extversion from pg_extension where extname = 'vector') as installed,
         to_regclass('migrations') is not null as migrated,
         to_regclass('${HALF_TRANSFERRED}') is not null as half_transferred`;

/** Looks at the PostgreSQL of server mode without changing it. */
export async function checkPostgresql(
  url: Secret<string>,
  vectors: 'postgresql' | 'qdrant',
  config: Config,
): Promise<Check[]> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  // Without a listener a connection that breaks would end the process; queries report it too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<ServerFacts>(FACTS);
    const facts = rows[0]!;
    const applied = facts.migrated ? await appliedMigrations(client) : [];
    const migrations = checkMigrations(applied, vectors);
    const checks = [checkVersion(facts), checkVector(facts, vectors), migrations];
    if (facts.half_transferred) checks.push(fail('transfer', UNFINISHED_TRANSFER));
    const schema = await attempt('schema', async () => {
      await refuseIncomplete(client, applied);
      return ok('schema', 'whole');
    });
    if (schema.state === 'fail') return [...checks, schema];
    // Before its migrations a database may lack the columns that this looks at.
    if (migrations.state === 'ok') {
      checks.push(judgeRowLevelSecurity(await readRowLevelSecurity(client)));
      checks.push(await checkUsedKeys(await usedKeys(client), config));
    }
    return checks;
  } catch (error) {
    return [fail('database', describeFailure(translateDatabaseError(error)))];
  } finally {
    await client.end();
  }
}

async function appliedMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select name from migrations');
  return rows.map(({ name }) => name);
}

/** Ids of the keys of the ring that something is encrypted with. */
async function usedKeys(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select distinct key_id as id from tenants where key_id is not null
     union select previous_key_id from tenants where previous_key_id is not null order by 1`,
  );
  return rows.map(({ id }) => id);
}

function checkVersion({ number, version }: ServerFacts): Check {
  const name = `PostgreSQL ${version}`;
  return number >= OLDEST_VERSION
    ? ok('database', name)
    : fail('database', `${name}; version 15 or later is needed`);
}

function checkVector(
  { available, installed }: ServerFacts,
  vectors: 'postgresql' | 'qdrant',
): Check {
  if (vectors === 'qdrant') return skip('pgvector', 'vectors are kept in Qdrant');
  if (installed !== null) return ok('pgvector', installed);
  if (available !== null) return ok('pgvector', `${available}, set up by the first start`);
  return fail('pgvector', 'the server lacks the extension "vector"; install it');
}

function judgeRowLevelSecurity(found: RowLevelSecurity): Check {
  const name = 'row level security';
  return found.state === 'on'
    ? ok(name, 'on: PostgreSQL itself keeps tenants apart')
    : warn(name, `off: ${found.reason}`);
}

function checkMigrations(applied: readonly string[], vectors: 'postgresql' | 'qdrant'): Check {
  const known = migrationsFor(vectors).map(({ name }) => name);
  const pending = known.filter((name) => !applied.includes(name));
  // Those of the other store stay when vectors move.
  const ofEither = [...migrationsFor('postgresql'), ...migrationsFor('qdrant')];
  const newer = applied.filter((one) => !ofEither.some(({ name }) => name === one));
  if (newer.length > 0) {
    return fail('migrations', `the database is of a newer version (${newer.join(', ')})`);
  }
  return pending.length === 0
    ? ok('migrations', `${known.length} applied`)
    : warn('migrations', `${pending.length} are applied by the next start`);
}
