import type { EntityManager } from 'typeorm';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { MARKER } from './transfer-marker.js';

/** A table to copy. Names are quoted where SQL needs it. */
export interface TransferTable {
  readonly name: string;
  /** In the order of the target, which may have got them in another one than the source. */
  readonly columns: readonly string[];
  readonly key: readonly { readonly name: string; readonly type: string }[];
  /** Columns that a sequence of their own numbers. */
  readonly identities: readonly string[];
  /** Rows refer to rows of the same table, so that all must come in one statement. */
  readonly selfReferring: boolean;
}

export interface CatalogTable extends Omit<TransferTable, 'selfReferring'> {
  /** Each column with its type, by name. */
  readonly types: readonly string[];
  /** Tables that foreign keys refer to. */
  readonly parents: readonly string[];
}

const CATALOG = `
  select c.oid::regclass::text as name,
    array(select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid
      and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
    array(select quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      order by a.attname) as types,
    coalesce((select json_agg(json_build_object('name', quote_ident(a.attname),
        'type', format_type(a.atttypid, null)) order by k.place)
      from pg_constraint p, unnest(p.conkey) with ordinality as k(number, place), pg_attribute a
      where p.conrelid = c.oid and p.contype = 'p' and a.attrelid = c.oid
        and a.attnum = k.number), '[]') as key,
    array(select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid
      and a.attidentity <> '') as identities,
    array(select distinct f.confrelid::regclass::text from pg_constraint f
      where f.conrelid = c.oid and f.contype = 'f') as parents
  from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
    and c.relname not in ('migrations', '${MARKER}')
  order by 1`;

export function readCatalog(tx: EntityManager): Promise<CatalogTable[]> {
  return tx.query<CatalogTable[]>(CATALOG);
}

/**
 * The tables of both databases, each after those it refers to.
 * @throws CliError when the two are not of the same version
 */
export function commonTables(
  source: readonly CatalogTable[],
  target: readonly CatalogTable[],
): TransferTable[] {
  const shape = ({ name, types }: CatalogTable): string => `${name}: ${types.join(', ')}`;
  const known = new Set(source.map(shape));
  const different = target.find((table) => !known.has(shape(table)));
  if (different || source.length !== target.length) {
    throw new CliError(
      'schemas_differ',
      `the two databases have different tables (${different?.name ?? 'one has more'})`,
      EXIT.conflict,
      'Both must be migrated by this version of Tributary.',
    );
  }
  return inOrder(target).map((table) => ({
    ...table,
    selfReferring: table.parents.includes(table.name),
  }));
}

function inOrder(tables: readonly CatalogTable[]): CatalogTable[] {
  const ordered: CatalogTable[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const ready = left.filter(({ name, parents }) =>
      parents.every((parent) => parent === name || !waiting.has(parent)),
    );
    if (ready.length === 0) throw new Error('Tables refer to each other in a circle.');
    ordered.push(...ready);
    left = left.filter((table) => !ready.includes(table));
  }
  return ordered;
}
