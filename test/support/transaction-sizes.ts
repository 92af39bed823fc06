import type { EntityManager } from 'typeorm';
import type { Database } from '../../src/database/database.js';

/** What one transaction did to chunks, and for how long it held its connection, in milliseconds. */
export interface TransactionSize {
  readonly chunks: number;
  readonly documents: number;
  readonly ms: number;
}

interface Touched {
  readonly documents: number;
  /** Rows of memories and of their words that were inserted, updated and deleted. */
  readonly rows: readonly number[];
}

/**
 * Records the size of each transaction from now on that touches chunks or documents, by the
 * database's own counters
 * (https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW).
 */
export function recordTransactionSizes(database: Database): TransactionSize[] {
  const sizes: TransactionSize[] = [];
  const measured =
    <T>(work: (tx: EntityManager) => Promise<T>) =>
    async (tx: EntityManager): Promise<T> => {
      const start = performance.now();
      const before = await touched(tx);
      const result = await work(tx);
      const after = await touched(tx);
      const chunks = Math.max(...after.rows.map((n, at) => n - before.rows[at]!));
      const documents = after.documents - before.documents;
      const ms = Math.round(performance.now() - start);
      if (chunks + documents > 0) sizes.push({ chunks, documents, ms });
      return result;
    };
  const inTenant = database.inTenant.bind(database);
  const asSystem = database.asSystem.bind(database);
  jest
    .spyOn(database, 'inTenant')
    .mockImplementation((tenant, work, options) => inTenant(tenant, measured(work), options));
  jest
    .spyOn(database, 'asSystem')
    .mockImplementation((work, options) => asSystem(measured(work), options));
  return sizes;
}

async function touched(tx: EntityManager): Promise<Touched> {
  const tables = await tx.query<{ name: string; rows: string[] }[]>(
    `select relname as name, array[n_tup_ins, n_tup_upd, n_tup_del] as rows
     from pg_stat_xact_user_tables where relname in ('memories', 'words', 'documents')`,
  );
  const rowsOf = (wanted: string) => tables.find(({ name }) => name === wanted)!.rows.map(Number);
  const documents = Math.max(...rowsOf('documents'));
  return { documents, rows: [...rowsOf('memories'), ...rowsOf('words')] };
}
