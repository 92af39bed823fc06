import { AppError } from '../common/errors/app-error.js';
import type { Database } from './database.js';

/** A table that `tributary migrate-to` keeps in its target until every row has arrived. */
export const HALF_TRANSFERRED = 'transfer_progress';

export const UNFINISHED_TRANSFER =
  'The database is the target of a "tributary migrate-to" that has not ended; run it again.';

/**
 * A server that worked on half of the rows would take the rest for deleted, and add its own.
 * @throws AppError `configuration_invalid`
 */
export async function refuseHalfTransferred(database: Database): Promise<void> {
  const [row] = await database.asSystem((tx) =>
    tx.query<{ there: boolean }[]>(
      `select to_regclass('${HALF_TRANSFERRED}') is not null as there`,
    ),
  );
  if (!row!.there) return;
  throw new AppError('configuration_invalid', UNFINISHED_TRANSFER);
}
