import { z } from 'zod';

/** `@Param('id', { schema: Id })`: anything but a UUID is a 422, an unknown one a 404. */
export const Id = z.uuid().describe('Id of the row');

/** How times look in answers: ISO 8601 in UTC with milliseconds. */
export const Timestamp = z.iso.datetime();
