import type { EntityManager } from 'typeorm';
import type { BackgroundDatabase } from '../../database/background-database.js';
import { setTextForms } from './checksums.js';
import type { TransferTable } from './table-catalog.js';
import { advance, markComplete, type TablePlace } from './transfer-marker.js';

const BATCH = 200;

interface Batch {
  /** Composite values in PostgreSQL's text form, which keeps every type exactly. */
  readonly rows: string[];
  readonly last: string[] | null;
}

/**
 * Copies the rows that are not there yet, by primary key; each batch commits together with the
 * place it has come to, so that a kill repeats and loses nothing.
 * @param onRows hears how many rows each batch had
 * @throws the signal's reason
 */
export async function copyTable(
  source: BackgroundDatabase,
  target: BackgroundDatabase,
  table: TransferTable,
  place: TablePlace,
  { signal, onRows }: { signal: AbortSignal; onRows: (rows: number) => void },
): Promise<void> {
  const read = (after: readonly string[] | null): Promise<Batch> => {
    const batch = source.asSystem((tx) => readBatch(tx, table, after));
    // The one read ahead of a write that fails is nobody's concern any more.
    batch.catch(() => undefined);
    return batch;
  };
  let next = read(place.last_key);
  for (;;) {
    const { rows, last } = await next;
    if (last === null) break;
    signal.throwIfAborted();
    // While this batch is written, the next one is read.
    next = table.selfReferring ? Promise.resolve({ rows: [], last: null }) : read(last);
    await target.asSystem(async (tx) => {
      await insert(tx, table, rows);
      await advance(tx, table.name, rows.length, last);
    });
    onRows(rows.length);
  }
  await target.asSystem(async (tx) => {
    for (const column of table.identities) await setSequence(tx, table.name, column);
    await markComplete(tx, table.name);
  });
}

async function readBatch(
  tx: EntityManager,
  table: TransferTable,
  after: readonly string[] | null,
): Promise<Batch> {
  const { name, columns, key, selfReferring } = table;
  const keyColumns = key.map((column) => column.name).join(', ');
  const places = key.map(({ type }, at) => `$${at + 1}::${type}`).join(', ');
  await setTextForms(tx);
  const found = await tx.query<{ row: string; key: string[] }[]>(
    `select row(${columns.join(', ')})::text as row,
       array[${key.map((column) => `${column.name}::text`).join(', ')}] as key
     from ${name} ${after === null ? '' : `where (${keyColumns}) > (${places})`}
     order by ${keyColumns} ${selfReferring ? '' : `limit ${BATCH}`}`,
    after === null ? [] : [...after],
  );
  return { rows: found.map(({ row }) => row), last: found.at(-1)?.key ?? null };
}

async function insert(
  tx: EntityManager,
  { name, columns }: TransferTable,
  rows: readonly string[],
): Promise<void> {
  const list = columns.join(', ');
  await tx.query(
    `insert into ${name} (${list}) overriding system value
     select ${list} from unnest($1::${name}[])`,
    [rows],
  );
}

/** The next number is one that no row has. */
async function setSequence(tx: EntityManager, table: string, column: string): Promise<void> {
  await tx.query(
    `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${column}), 1),
       max(${column}) is not null) from ${table}`,
    [table, column],
  );
}
