import type { BackgroundDatabase } from '../../database/background-database.js';
import { noteOperatorsAct, type OperatorsAct } from '../../database/operators-act.js';
import { sentence } from '../../common/sentence.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { checksum } from './checksums.js';
import { copyTable } from './copy-table.js';
import { commonTables, readCatalog, type TransferTable } from './table-catalog.js';
import { readMarker, removeMarker, setMarker, type Marker } from './transfer-marker.js';

export interface TransferProgress {
  readonly phase: 'copying' | 'comparing';
  readonly table: string;
  /** Rows, of all tables. */
  readonly done: number;
  readonly total: number;
}

export interface TransferOptions {
  /** Clears what an earlier transfer copied into the target, and begins anew. */
  readonly restart: boolean;
  /** The addresses that the audit logs of both databases name. */
  readonly noted: { readonly from: string; readonly to: string };
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
}

export interface TransferReport {
  readonly resumed: boolean;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** What did not work and takes nothing from the move; null where all did. */
  readonly warning: string | null;
}

/**
 * Copies every row of an embedded database that nobody else has open into an empty PostgreSQL of
 * the same version, and compares the two. Ended at any place, it goes on when called again.
 * @throws CliError `target_not_empty`, `transfer_of_another_source`, `rows_differ`,
 *   `schemas_differ`; the signal's reason
 */
export async function transfer(
  source: BackgroundDatabase,
  target: BackgroundDatabase,
  { restart, noted, signal, onProgress }: TransferOptions,
): Promise<TransferReport> {
  const tables = commonTables(
    await source.asSystem(readCatalog),
    await target.asSystem(readCatalog),
  );
  const expected = await countRows(source, tables);
  const total = [...expected.values()].reduce((sum, rows) => sum + rows, 0);
  const { marker, resumed } = await prepare(source, target, tables, restart);

  let done = [...marker.tables.values()].reduce((sum, { rows }) => sum + rows, 0);
  for (const table of tables) {
    const tell = (): void => onProgress({ phase: 'copying', table: table.name, done, total });
    const onRows = (rows: number): void => {
      done += rows;
      tell();
    };
    tell();
    const place = marker.tables.get(table.name)!;
    if (!place.complete) await copyTable(source, target, table, place, { signal, onRows });
  }

  let compared = 0;
  for (const table of tables) {
    signal.throwIfAborted();
    onProgress({ phase: 'comparing', table: table.name, done: compared, total });
    await compare(source, target, table);
    compared += expected.get(table.name)!;
  }
  // Without statistics the planner of a server that starts now would read whole tables.
  await target.asSystem((tx) => tx.query('analyze'));
  const { from, to } = noted;
  const warning = await conclude(source, target, {
    action: 'database.moved',
    target: to,
    details: { from, rows: total },
  });
  return { resumed, tables: [...expected].map(([name, rows]) => ({ name, rows })), warning };
}

/**
 * The source gets its entry last: one before the end would make it differ from the target. By then
 * all is moved, and a second try would find the target in use: the move does not fail for it.
 * @returns why the source has no entry
 */
async function conclude(
  source: BackgroundDatabase,
  target: BackgroundDatabase,
  act: OperatorsAct,
): Promise<string | null> {
  await target.asSystem(async (tx) => {
    await noteOperatorsAct(tx, act);
    await removeMarker(tx);
  });
  try {
    await source.asSystem((tx) => noteOperatorsAct(tx, act));
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return (
      'Everything is moved, but the audit log of the data directory took no entry of it: ' +
      sentence(why)
    );
  }
}

/** Goes on with what is there, or begins. */
async function prepare(
  source: BackgroundDatabase,
  target: BackgroundDatabase,
  tables: readonly TransferTable[],
  restart: boolean,
): Promise<{ marker: Marker; resumed: boolean }> {
  const identity = await identityOf(source);
  const found = await target.asSystem(readMarker);
  if (found && !restart) {
    if (found.source === identity) return { marker: found, resumed: true };
    throw new CliError(
      'transfer_of_another_source',
      'the target holds a part of another data directory',
      EXIT.conflict,
      'With --restart that part is removed and this one begins; or use an empty database.',
    );
  }
  const names = tables.map(({ name }) => name);
  if (!found) await refuseRows(target, tables);
  const marker = await target.asSystem(async (tx) => {
    if (found) await tx.query(`truncate ${names.join(', ')}`);
    await removeMarker(tx);
    await setMarker(tx, identity, names);
    return readMarker(tx);
  });
  return { marker: marker!, resumed: false };
}

async function refuseRows(
  target: BackgroundDatabase,
  tables: readonly TransferTable[],
): Promise<void> {
  const rows = await countRows(target, tables);
  const taken = [...rows].filter(([, count]) => count > 0).map(([name]) => name);
  if (taken.length === 0) return;
  throw targetNotEmpty(`rows already (${taken.join(', ')})`);
}

/** @param held what is in the target */
export function targetNotEmpty(held: string): CliError {
  return new CliError(
    'target_not_empty',
    `the target holds ${held}`,
    EXIT.conflict,
    'Use an empty database, on which no server has been started yet. Where an earlier migrate-to ' +
      'into it ended well, nothing is left to do.',
  );
}

/** Tells one data directory from another: its first tenant. */
async function identityOf(source: BackgroundDatabase): Promise<string> {
  const [first] = await source.asSystem((tx) =>
    tx.query<{ id: string }[]>('select id from tenants order by created_at, id limit 1'),
  );
  return first?.id ?? 'no tenant';
}

async function countRows(
  database: BackgroundDatabase,
  tables: readonly TransferTable[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [row] = await database.asSystem((tx) =>
      tx.query<{ n: number }[]>(`select count(*)::int as n from ${name}`),
    );
    counts.set(name, row!.n);
  }
  return counts;
}

async function compare(
  source: BackgroundDatabase,
  target: BackgroundDatabase,
  table: TransferTable,
): Promise<void> {
  const [mine, theirs] = await Promise.all(
    [source, target].map((database) => database.asSystem((tx) => checksum(tx, table))),
  );
  if (mine!.rows === theirs!.rows && mine!.sum === theirs!.sum) return;
  throw new CliError(
    'rows_differ',
    `${table.name} differs: ${mine!.rows} rows in the data directory, ${theirs!.rows} in the target`,
    EXIT.conflict,
    'One of them was written to meanwhile. Begin anew with --restart.',
  );
}
