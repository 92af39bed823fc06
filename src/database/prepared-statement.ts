import { createHash } from 'node:crypto';
import type { ClientBase, QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';

const names = new Map<string, string>();

/**
 * Runs a statement that the session parses and plans once: for hot statements, on which TypeORM's
 * `tx.query` would pay for both every time. Only constant texts, since each one stays prepared
 * for as long as the connection lives; errors are those of `pg`, not wrapped.
 */
export async function runPrepared<Row extends QueryResultRow>(
  tx: EntityManager,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  if (!tx.queryRunner) throw new Error('A prepared statement needs a transaction.');
  const client = (await tx.queryRunner.connect()) as ClientBase;
  const { rows } = await client.query<Row>({ name: nameOf(text), text, values });
  return rows;
}

function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = `p_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  names.set(text, name);
  return name;
}
