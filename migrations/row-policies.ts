import type { QueryRunner } from 'typeorm';

/**
 * The tenant that `Database.inTenant` names. A sub-select, so that it is read once per statement
 * and not once per row. Without one it is null, which equals nothing.
 */
const TENANT = `(select nullif(current_setting('tributary.tenant', true), '')::uuid)`;

/** Rows that carry their tenant. */
export const OF_TENANT = `tenant_id = ${TENANT}`;

/** The row of the tenant itself. */
export const IS_TENANT = `id = ${TENANT}`;

/**
 * Rows of a collection: an array that is made once per statement and can be looked up in an index,
 * so that a scan of 20,000 vectors costs no look at each one's collection.
 */
export const OF_COLLECTION = `collection_id = any ((select array(
  select c.id from collections c where c.tenant_id = ${TENANT}))::uuid[])`;

/** Rows of another row, which is guarded itself: whoever does not see that one does not see these. */
export function ofParent(table: string, key: string, parent: string): string {
  return `exists (select from ${parent} p where p.id = ${table}.${key})`;
}

type Command = 'select' | 'insert' | 'update' | 'delete';

/**
 * Lets everybody but the table's owner see and change only rows that fulfil a condition
 * (docs/adr/0015-row-level-security.md). Every table needs this in the migration that makes it.
 * @param rule one condition for every command, or one for each; a command without one finds
 *   nothing. No command at all: the table is closed.
 */
export async function guard(
  runner: QueryRunner,
  table: string,
  rule: string | Partial<Record<Command, string>>,
): Promise<void> {
  await runner.query(`alter table ${table} enable row level security`);
  const commands = typeof rule === 'string' ? { all: rule } : rule;
  for (const [command, condition] of Object.entries(commands)) {
    const check = command === 'insert' ? 'with check' : 'using';
    await runner.query(
      `create policy tenant_${command} on ${table} for ${command} ${check} (${condition})`,
    );
  }
}

export async function unguard(runner: QueryRunner, table: string): Promise<void> {
  for (const command of ['all', 'select', 'insert', 'update', 'delete'])
    await runner.query(`drop policy if exists tenant_${command} on ${table}`);
  await runner.query(`alter table ${table} disable row level security`);
}
