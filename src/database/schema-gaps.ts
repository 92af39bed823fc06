import type { ClientBase } from 'pg';
import type { QueryRunner } from 'typeorm';
import { unguard } from '../../migrations/row-policies.js';
import { AppError } from '../common/errors/app-error.js';
import { isDenied } from './database-errors.js';
import { migrationsFor } from './migrations.js';
import { POLICIES } from './row-level-security.js';

/** Tables that a message of refusal names. */
const NAMED = 3;
const UNGUARDED = 'without policies of row level security';

/** How many foreign keys and triggers those tables have together once a migration has run. */
const LINKS: Readonly<Record<string, number>> = {
  AddRowLevelSecurity1763700000110: 35,
  GuardPoints1763700000113: 11,
  GuardVectors1763700000114: 3,
  AddSkippedPartitions1763700000140: 1,
};

/** What a database lacks of what migrations made that it notes as applied. */
export interface SchemaGaps {
  /** Tables that are not there. */
  readonly missing: string[];
  /** Tables without some of their policies, or whose row level security is off. */
  readonly unguarded: string[];
  /** Whether foreign keys or triggers are missing. */
  readonly unlinked: boolean;
  /** The database is of a later version. What that has changed is not known here. */
  readonly later: boolean;
}

/** Changes nothing. */
export async function schemaGaps(
  client: ClientBase,
  applied: readonly string[],
): Promise<SchemaGaps> {
  const known = ofBothStores().map(({ name }) => name);
  const later = applied.some((name) => !known.includes(name));
  const expected = new Map<string, number>();
  for (const [migration, tables] of Object.entries(POLICIES)) {
    if (!applied.includes(migration)) continue;
    for (const [table, policies] of Object.entries(tables)) expected.set(table, policies);
  }
  // A later version may put one policy in the place of several, but leaves no table open.
  const least = [...expected.values()].map((count) => (later ? Math.min(count, 1) : count));
  const { rows } = await client.query<{ name: string; there: boolean; open: boolean }>(
    `select u.name, c.oid is not null as there, c.relrowsecurity is not true
       or u.policies > (select count(*) from pg_policy p where p.polrelid = c.oid) as open
     from unnest($1::text[], $2::int[]) as u(name, policies)
     left join pg_class c on c.relname = u.name and c.relkind in ('r', 'p')
       and c.relnamespace = current_schema()::regnamespace
     order by u.name`,
    [[...expected.keys()], least],
  );
  const { rows: links } = await client.query<{ count: number }>(
    `select ((select count(*) from pg_constraint f where f.contype = 'f' and f.conrelid = any (t.ids))
       + (select count(*) from pg_trigger g where not g.tgisinternal and g.tgrelid = any (t.ids))
       )::int as count
     from (select array_agg(oid) as ids from pg_class where relname = any ($1::text[])
       and relnamespace = current_schema()::regnamespace) as t`,
    [[...expected.keys()]],
  );
  const leastLinks = Object.entries(LINKS).reduce(
    (sum, [migration, count]) => sum + (applied.includes(migration) ? count : 0),
    0,
  );
  return {
    missing: rows.filter(({ there }) => !there && !later).map(({ name }) => name),
    unguarded: rows.filter(({ there, open }) => there && open).map(({ name }) => name),
    unlinked: !later && links[0]!.count < leastLinks,
    later,
  };
}

/**
 * Changes nothing.
 * @param applied names of the migrations that the database has
 * @throws AppError `schema_incomplete`
 */
export async function refuseIncomplete(
  client: ClientBase,
  applied: readonly string[],
): Promise<void> {
  const gaps = await schemaGaps(client, applied);
  refuseBeyondMending(gaps);
  if (gaps.unguarded.length > 0) throw toBeMended(gaps.unguarded);
}

/**
 * Makes policies again that a database lacks and nothing else, as one has that was moved by a tool
 * which does not copy them. To be called under the lock of the migrations.
 * @returns the tables that lacked them
 * @throws AppError `schema_incomplete` where more is missing, or the login may not
 */
export async function mendPolicies(
  client: ClientBase,
  applied: readonly string[],
): Promise<string[]> {
  const gaps = await schemaGaps(client, applied);
  refuseBeyondMending(gaps);
  const { unguarded } = gaps;
  if (unguarded.length === 0) return [];
  const statements = await policiesOf(unguarded, applied);
  await client.query('begin');
  try {
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw isDenied(error) ? toBeMended(unguarded, error) : error;
  }
  return unguarded;
}

/**
 * A dump brings indexes, triggers, foreign keys and policies after the rows, in this order: a
 * restore that failed leaves tables that look complete, and where foreign keys are missing besides
 * policies, nobody knows what else is.
 */
function refuseBeyondMending({ missing, unguarded, unlinked, later }: SchemaGaps): void {
  if (later && unguarded.length > 0) {
    throw new AppError(
      'schema_incomplete',
      `The database is of a later version, and ${named(unguarded)} ${UNGUARDED}. Run ` +
        '"tributary migrate" of that version as the owner of the tables.',
    );
  }
  // Foreign keys alone are not looked for: an administrator may have had reasons.
  if (missing.length === 0 && (unguarded.length === 0 || !unlinked)) return;
  const lacks = [
    ...(missing.length > 0 ? [`without ${named(missing)}`] : []),
    ...(unguarded.length > 0 ? [`${named(unguarded)} ${UNGUARDED}`] : []),
    ...(unlinked ? ['foreign keys or triggers missing'] : []),
  ];
  throw new AppError(
    'schema_incomplete',
    `The schema is not whole: ${lacks.join('; ')}. Did a restore fail? Restore into an empty ` +
      'database again.',
  );
}

function toBeMended(unguarded: readonly string[], cause?: unknown): AppError {
  return new AppError(
    'schema_incomplete',
    `The schema is whole but for ${named(unguarded)} ${UNGUARDED}, as after a move by a tool that ` +
      'does not copy them. Run "tributary migrate" as the owner of the tables: it makes them again.',
    { cause },
  );
}

function named(tables: readonly string[]): string {
  const more = tables.length > NAMED ? ` and ${tables.length - NAMED} more` : '';
  return tables.slice(0, NAMED).join(', ') + more;
}

/** What concerns one table of what `guard` and `unguard` run. */
const OF_A_TABLE =
  /^(?:alter table (\w+) (?:en|dis)able row level security|(?:create|drop) policy (?:if exists )?\w+ on (\w+))/;

/** The statements with which migrations guarded some tables, in their order, from the beginning. */
async function policiesOf(
  tables: readonly string[],
  applied: readonly string[],
): Promise<string[]> {
  const statements: string[] = [];
  const noting = {
    query: (sql: string) => {
      statements.push(sql);
      return Promise.resolve([]);
    },
  } as unknown as QueryRunner;
  for (const table of tables) await unguard(noting, table);
  for (const Migration of ofBothStores())
    if (Migration.name in POLICIES && applied.includes(Migration.name))
      await new Migration().up(noting);
  return statements.filter((sql) => {
    const [, altered, guarded] = OF_A_TABLE.exec(sql) ?? [];
    return tables.includes(altered ?? guarded ?? '');
  });
}

/** In the order of the timestamp that their names end with. */
function ofBothStores(): ReturnType<typeof migrationsFor> {
  const all = new Set([...migrationsFor('postgresql'), ...migrationsFor('qdrant')]);
  return [...all].sort((a, b) => Number(a.name.slice(-13)) - Number(b.name.slice(-13)));
}
