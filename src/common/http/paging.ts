import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { queryInteger } from './query-schemas.js';

/**
 * Query fields of every list: `z.object({ ...pageFields({ limit: 50, max: 200 }), ...own })`.
 * Offsets end at 10,000; further pages come by `cursor`, taken from the `Link` header.
 */
export function pageFields(page: { limit: number; max: number }) {
  return {
    limit: queryInteger(1, page.max, page.limit).describe('Rows per page'),
    offset: queryInteger(0, 10_000, 0).describe('Rows to skip; ignored with a cursor'),
    cursor: z.string().max(1000).optional().describe('From the rel="next" link of the last page'),
  };
}

/** What a list handler returns: sent as a bare array, with a `Link` header when more rows follow. */
export class Page<T> {
  private constructor(
    readonly items: T[],
    readonly nextCursor?: string,
  ) {}

  /**
   * Cuts a page out of `limit + 1` rows: the extra row proves that there is a next page.
   * @param key the sort key of a row, as the next page's query needs it
   */
  static of<R, T>(
    rows: readonly R[],
    limit: number,
    key: (row: R) => unknown[],
    show: (row: R) => T,
  ): Page<T> {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    return new Page(shown.map(show), more ? encodeCursor(key(last)) : undefined);
  }
}

function encodeCursor(values: unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * The sort key inside a cursor: `decodeCursor(query.cursor, z.tuple([z.string()]))`.
 * @throws AppError `bad_cursor`
 */
export function decodeCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new AppError('bad_cursor', 'The cursor was not made by this API.', { cause });
  }
}
