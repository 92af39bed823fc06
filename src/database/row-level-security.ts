import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { isDenied } from './database-errors.js';

/** The role of `inTenant`'s transactions: it owns nothing, so policies bind it. */
export const TENANT_ROLE = 'tributary_app';

/** Whether PostgreSQL itself keeps tenants apart (docs/adr/0015-row-level-security.md). */
export type RowLevelSecurity = { state: 'on' } | { state: 'off'; reason: string };

/**
 * How many policies the tables have once a migration has made or changed them. Other tables of the
 * schema are nobody's business here: an administrator's, an extension's.
 */
export const POLICIES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AddRowLevelSecurity1763700000110: {
    ...{ api_keys: 1, audit_log: 1, checkpoints: 1, collection_stats: 1, collections: 1 },
    ...{ connection_plans: 1, connections: 1, credentials: 1, documents: 1, edges: 1 },
    ...{ embedding_cache: 1, embedding_spaces: 1, failures: 1, idempotency_keys: 1, jobs: 1 },
    ...{ memories: 1, outbox: 0, partitions: 1, pending_refs: 1, rate_buckets: 0 },
    ...{ run_attempts: 1, run_partitions: 1, run_requests: 1, runs: 1, suppressions: 1 },
    ...{ tenants: 1, term_deltas: 1, term_stats: 1 },
  },
  GuardPoints1763700000113: { index_versions: 1, outbox: 1, point_vectors: 1, point_words: 1 },
  GuardVectors1763700000114: { vectors: 1, words: 4 },
  AddSkippedPartitions1763700000140: { run_skipped_partitions: 1 },
  KeepAuditEntries1763700000142: { audit_log: 2 },
};
const GUARDED = [...new Set(Object.values(POLICIES).flatMap((tables) => Object.keys(tables)))];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The statements that open a transaction of a tenant. Sent as one message, which takes no
 * parameters, they cost no more round trips than START TRANSACTION.
 */
export function openForTenant(tenant: string): string {
  if (!UUID.test(tenant)) throw new Error('inTenant needs the id of a tenant.');
  return (
    `START TRANSACTION; SET LOCAL ROLE ${TENANT_ROLE}; ` +
    `SET LOCAL tributary.tenant = '${tenant}'`
  );
}

/**
 * Runs statements of a tenant's transaction as the login, which no policy binds: for a condition
 * that PostgreSQL does not answer from an index beside a policy, as its operator is not leakproof
 * (https://www.postgresql.org/docs/current/rules-privileges.html). They must name the tenant
 * themselves and answer ids only; the rows are then read behind the wall.
 */
export async function outsideTheWall<T>(tx: EntityManager, work: () => Promise<T>): Promise<T> {
  await tx.query('SET LOCAL ROLE NONE');
  // After an error the transaction can only roll back, and the role with it.
  const result = await work();
  await tx.query(`SET LOCAL ROLE ${TENANT_ROLE}`);
  return result;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const EXISTS_ALREADY = ['42710', '23505'];

/**
 * Makes the role and gives it the tables that have policies, as far as the login may; what it may
 * not do stays undone and is what `readRowLevelSecurity` then reports. Changes nothing where
 * nothing is missing. To be called under the lock of the migrations.
 */
export async function prepareTenantRole(client: ClientBase): Promise<void> {
  await whereAllowed(async () => {
    const { role, member } = await readFacts(client);
    // Another database of the server, migrating at the same time, may be first.
    if (!role) await client.query(`create role ${TENANT_ROLE} nologin`).catch(unlessThere);
    if (!member) await client.query(`grant ${TENANT_ROLE} to current_user`);
  });
  await whereAllowed(async () => {
    const { role, schema, ungranted } = await readFacts(client);
    if (!role || ungranted.length === 0) return;
    await client.query(`grant usage on schema ${schema} to ${TENANT_ROLE}`);
    for (const table of ungranted)
      await client.query(`grant select, insert, update, delete on ${table} to ${TENANT_ROLE}`);
  });
}

/**
 * @throws AppError `configuration_invalid` when policies would hide rows from the system itself
 */
export async function readRowLevelSecurity(client: ClientBase): Promise<RowLevelSecurity> {
  const facts = await readFacts(client);
  if (facts.hidden.length > 0) {
    throw new AppError(
      'configuration_invalid',
      `The login ${facts.login} of DATABASE_URL does not own the tables, so policies hide all ` +
        `rows from it. Run as an administrator: GRANT ${facts.hidden[0]} TO ${facts.login};`,
    );
  }
  const reason = whatIsMissing(facts);
  return reason === null ? { state: 'on' } : { state: 'off', reason };
}

function whatIsMissing({ login, role, member, ungranted }: Facts): string | null {
  const grant = `GRANT ${TENANT_ROLE} TO ${login};`;
  if (!role) {
    return (
      `The role ${TENANT_ROLE} does not exist and ${login} may not create it. Run as an ` +
      `administrator, then restart: CREATE ROLE ${TENANT_ROLE} NOLOGIN; ${grant}`
    );
  }
  if (!member) {
    return `${login} may not use the role. Run as an administrator, then restart: ${grant}`;
  }
  if (ungranted.length > 0) {
    return (
      `The role has no rights on ${ungranted.join(', ')}. Run "tributary migrate" as the owner ` +
      'of the tables, then restart.'
    );
  }
  return null;
}

/** Names are quoted where SQL needs it. */
interface Facts {
  login: string;
  schema: string;
  /** Whether it exists. */
  role: boolean;
  /** Whether the login may take it. */
  member: boolean;
  /** Tables of ours with policies on which the role lacks a right. */
  ungranted: string[];
  /** Owners of the tables whose policies bind the login. */
  hidden: string[];
}

/** Before PostgreSQL 16 every member might take a role. */
const FACTS = `
  with tenant_role as (select to_regrole('${TENANT_ROLE}')::oid as id),
  guarded as (
    select c.oid, c.relname, c.relowner,
      exists (select from pg_policy p where p.polrelid = c.oid) as policies
    from pg_class c where c.relkind in ('r', 'p') and c.relname = any($1)
      and c.relnamespace = current_schema()::regnamespace),
  granted as (
    select g.oid from guarded g, tenant_role r,
      unnest(array['select', 'insert', 'update', 'delete']) as need
    where r.id is not null group by g.oid
    having bool_and(has_table_privilege(r.id, g.oid, need)))
  select quote_ident(current_user) as login, quote_ident(current_schema()) as schema,
    r.id is not null as role,
    coalesce(pg_has_role(current_user, r.id, case
      when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end),
      false) as member,
    array(select quote_ident(relname) from guarded g
      where policies and g.oid not in (select oid from granted) order by 1) as ungranted,
    array(select distinct quote_ident(pg_get_userbyid(relowner)) from guarded
      where row_security_active(oid)) as hidden
  from tenant_role r`;

async function readFacts(client: ClientBase): Promise<Facts> {
  const { rows } = await client.query<Facts>(FACTS, [GUARDED]);
  return rows[0]!;
}

async function whereAllowed(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
}

function unlessThere(error: unknown): void {
  if (!EXISTS_ALREADY.includes(codeOf(error))) throw error;
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
