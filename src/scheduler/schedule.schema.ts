import { z } from 'zod';
import { cronTimes, isTimeZone } from './cron.js';

export const MAX_JITTER_SECONDS = 3600;

/** When a connection syncs by itself: at an interval, or at the times of a cron expression. */
const Rule = z
  .strictObject({
    every_minutes: z.int().min(1).max(43_200).optional().describe('1 minute to 30 days'),
    cron: z
      .string()
      .max(100)
      .optional()
      .describe('Five fields: minute, hour, day of month, month, day of week'),
    timezone: z
      .string()
      .max(64)
      .optional()
      .describe('IANA name of the zone that `cron` is read in, e.g. Europe/Berlin; default UTC'),
    jitter_seconds: z
      .int()
      .min(0)
      .max(MAX_JITTER_SECONDS)
      .optional()
      .describe(
        'Each connection starts up to so many seconds late, always by the same, so that not all ' +
          'start at once. Default: a tenth of the interval, at most 5 minutes; 0 = on the dot',
      ),
  })
  .superRefine((schedule, context) => {
    const wrong = (path: (keyof typeof schedule)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message, params: { type: 'invalid_schedule' } });
    const { every_minutes: every, cron, timezone } = schedule;
    if ((every === undefined) === (cron === undefined))
      return wrong([], 'Give either every_minutes or cron');
    if (cron === undefined) {
      if (timezone !== undefined) wrong(['timezone'], 'A time zone goes with cron only');
      return;
    }
    if (timezone !== undefined && !isTimeZone(timezone))
      return wrong(['timezone'], `${timezone} is not the IANA name of a time zone`);
    try {
      if (!cronTimes(cron, timezone ?? 'UTC').after(new Date(0)))
        wrong(['cron'], 'The expression never comes true');
    } catch (error) {
      wrong(['cron'], (error as Error).message.replace(/^CronPattern: /, ''));
    }
  });

/** `null` = only when asked. */
export const Schedule = Rule.nullable().meta({ id: 'Schedule' });
/** Has either `every_minutes` or `cron`. */
export type Schedule = z.infer<typeof Rule>;
