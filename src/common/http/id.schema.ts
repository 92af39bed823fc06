import { z } from 'zod';

/** `@Param('id', { schema: Id })`: anything but a UUID is a 422, an unknown one a 404. */
export const Id = z.uuid().describe('Id of the row');

/** How times look in answers: ISO 8601 in UTC with milliseconds. */
export const Timestamp = z.iso.datetime();

const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const IN_RANGE = {
  error: 'must lie in the years 1 to 9999, in UTC',
  params: { type: 'datetime_parsing' },
};

/**
 * A time that somebody gives: ISO 8601 with any offset. The years are those that ISO 8601 writes
 * with four digits and PostgreSQL knows: it has no year 0.
 */
export const Instant = z.iso.datetime({ offset: true }).refine(isInRange, IN_RANGE);

/** A day that somebody gives: `2026-05-31`. */
export const Day = z.iso.date().refine(isInRange, IN_RANGE);

/** What is no time at all has been found by its format already. */
function isInRange(text: string): boolean {
  const time = Date.parse(text);
  return Number.isNaN(time) || (time >= EARLIEST && time <= LATEST);
}
