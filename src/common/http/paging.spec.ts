import fc from 'fast-check';
import { z } from 'zod';
import { decodeCursor, Page } from './paging.js';

const Cursor = z.tuple([z.string(), z.int()]);

describe('paging', () => {
  it('walks any list by cursors without losing or repeating a row', () => {
    const rows = fc.uniqueArray(fc.integer(), { maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (values, limit) => {
        const sorted = [...values].sort((a, b) => a - b);
        const walked: number[] = [];
        let cursor: string | undefined;
        do {
          const after = decodeCursor(cursor, Cursor)?.[1] ?? -Infinity;
          const fetched = sorted.filter((value) => value > after).slice(0, limit + 1);
          const page = Page.of(fetched, limit, (row) => ['key', row], String);
          walked.push(...page.items.map(Number));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(walked).toEqual(sorted);
      }),
    );
  });

  it.each(['', 'nope', Buffer.from('[1]').toString('base64url')])('refuses %j', (cursor) => {
    expect(() => decodeCursor(cursor, Cursor)).toThrow(
      expect.objectContaining({ code: 'bad_cursor' }) as Error,
    );
  });
});
