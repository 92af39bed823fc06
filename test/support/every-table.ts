import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';

export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly CatalogColumn[];
}

interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  /** Must be given: not null, without a default, not generated. */
  readonly needed: boolean;
  /** The table whose id a foreign key names. */
  readonly parent: string | null;
}

/** A row by table: the one of a tenant that others of it refer to. */
export type RowsByTable = Map<string, Record<string, unknown>>;

/** Every table of the schema with its columns, as the database knows them. */
export async function catalog(tx: EntityManager): Promise<CatalogTable[]> {
  return tx.query<CatalogTable[]>(
    `select c.relname as name, json_agg(json_build_object('name', a.attname,
       'type', format_type(a.atttypid, null),
       'needed', a.attnotnull and not a.atthasdef and a.attidentity = '',
       'parent', (select f.confrelid::regclass::text from pg_constraint f
                  where f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]))
       order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
     where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
       and c.relname <> 'migrations' and not a.attisdropped
     group by c.relname order by c.relname`,
  );
}

/** Columns that name a row without a foreign key. */
const PARENT_BY_NAME: Record<string, string> = {
  tenant_id: 'tenants',
  collection_id: 'collections',
  memory_id: 'memories',
  space_id: 'embedding_spaces',
};

const VALUES: Record<string, () => unknown> = {
  uuid: randomUUID,
  text: randomUUID,
  integer: () => 1,
  bigint: () => 1,
  real: () => 1,
  'double precision': () => 1,
  boolean: () => true,
  jsonb: () => '{}',
  bytea: () => Buffer.from(randomUUID()),
  'timestamp with time zone': () => new Date(0),
  'text[]': () => ['a'],
  'integer[]': () => [1],
  vector: () => '[1,0]',
  sparsevec: () => '{1:1}/8',
};

/** A new row of a table, made of what it needs and of the rows it refers to. */
export async function insertRow(
  tx: EntityManager,
  { name, columns }: CatalogTable,
  others: RowsByTable,
): Promise<Record<string, unknown>> {
  const given = columns.filter(
    (column) => column.needed || (parentOf(column) !== null && parentOf(column) !== name),
  );
  const values = given.map((column) => {
    const parent = parentOf(column);
    return parent === null ? newValue(name, column) : others.get(parent)!['id'];
  });
  const places = given.map((_, at) => `$${at + 1}`).join(', ');
  const names = given.map((column) => `"${column.name}"`).join(', ');
  const rows = await tx.query<Record<string, unknown>[]>(
    names === ''
      ? `insert into ${name} default values returning *, ctid::text as ctid`
      : `insert into ${name} (${names}) values (${places}) returning *, ctid::text as ctid`,
    values,
  );
  return rows[0]!;
}

/** One row in every table, each after those it refers to. */
export async function insertEverywhere(
  tx: EntityManager,
  tables: readonly CatalogTable[],
): Promise<RowsByTable> {
  const rows: RowsByTable = new Map();
  let left = [...tables];
  while (left.length > 0) {
    const ready = left.filter((table) =>
      table.columns.every((column) => {
        const parent = parentOf(column);
        return parent === null || parent === table.name || rows.has(parent);
      }),
    );
    if (ready.length === 0) throw new Error('Tables refer to each other in a circle.');
    for (const table of ready) rows.set(table.name, await insertRow(tx, table, rows));
    left = left.filter((table) => !ready.includes(table));
  }
  return rows;
}

function parentOf(column: CatalogColumn): string | null {
  return column.parent ?? PARENT_BY_NAME[column.name] ?? null;
}

function newValue(table: string, { name, type }: CatalogColumn): unknown {
  const make = VALUES[type];
  if (!make) throw new Error(`No value is known for ${table}.${name}, a ${type}.`);
  return make();
}
