import { createHash } from 'node:crypto';
import type { Client, QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';

const names = new Map<string, string>();
const clients = new WeakMap<EntityManager, Client>();

/** At the beginning of a transaction. */
export function setClient(tx: EntityManager, client: Client): void {
  clients.set(tx, client);
}

/**
 * The connection of a transaction.
 * @throws Error outside one
 */
export function clientOf(tx: EntityManager): Client {
  const client = clients.get(tx);
  if (!client) throw new Error('This statement needs a transaction.');
  return client;
}

/**
 * Runs a statement that the session parses and plans once: for hot statements, on which TypeORM's
 * `tx.query` would pay for both every time. Only constant texts, since each one stays prepared
 * for as long as the connection lives; errors are those of `pg`, not wrapped. It is sent before the
 * function returns, so statements stand in the order of the calls.
 */
export async function runPrepared<Row extends QueryResultRow>(
  tx: EntityManager,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const { rows } = await clientOf(tx).query<Row>({ name: nameOf(text), text, values });
  return rows;
}

function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = `p_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
  names.set(text, name);
  return name;
}
