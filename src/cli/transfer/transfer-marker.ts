import type { EntityManager } from 'typeorm';
import { HALF_TRANSFERRED } from '../../database/half-transferred.js';

/** A table of the target that is there from the first row copied until all were compared. */
export const MARKER = HALF_TRANSFERRED;

/** How far the copy of one table has come. */
export interface TablePlace {
  readonly name: string;
  /** Primary key of the last row copied, as text; null before the first. */
  readonly last_key: string[] | null;
  readonly rows: number;
  readonly complete: boolean;
}

export interface Marker {
  /** Which data directory the rows are of. */
  readonly source: string;
  readonly tables: ReadonlyMap<string, TablePlace>;
}

export async function readMarker(tx: EntityManager): Promise<Marker | null> {
  const [found] = await tx.query<{ there: boolean }[]>(
    `select to_regclass('${MARKER}') is not null as there`,
  );
  if (!found!.there) return null;
  const rows = await tx.query<(TablePlace & { source: string })[]>(
    `select source, name, last_key, rows::int, complete from ${MARKER}`,
  );
  return {
    source: rows[0]?.source ?? '',
    tables: new Map(rows.map((row) => [row.name, row])),
  };
}

export async function setMarker(
  tx: EntityManager,
  source: string,
  tables: readonly string[],
): Promise<void> {
  await tx.query(`
    create table ${MARKER} (
      name text primary key,
      source text not null,
      last_key text[],
      rows bigint not null default 0,
      complete boolean not null default false
    )`);
  // Closed to tenants' transactions, as every table without a policy.
  await tx.query(`alter table ${MARKER} enable row level security`);
  await tx.query(`insert into ${MARKER} (name, source) select unnest($1::text[]), $2`, [
    tables,
    source,
  ]);
}

/** Belongs into the transaction that stores the rows. */
export async function advance(
  tx: EntityManager,
  table: string,
  rows: number,
  lastKey: readonly string[],
): Promise<void> {
  await tx.query(`update ${MARKER} set rows = rows + $2, last_key = $3 where name = $1`, [
    table,
    rows,
    lastKey,
  ]);
}

export async function markComplete(tx: EntityManager, table: string): Promise<void> {
  await tx.query(`update ${MARKER} set complete = true where name = $1`, [table]);
}

export async function removeMarker(tx: EntityManager): Promise<void> {
  await tx.query(`drop table if exists ${MARKER}`);
}
