import { Cron } from 'croner';

/** An IANA name (`Europe/Berlin`, `UTC`), not an offset, which knows no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * Five fields: minute, hour, day of month, month, day of week; so two times are at least a minute
 * apart. A local time that a change of the clock skips is taken when the gap ends; one that comes
 * twice is taken once, unless the hour is a wildcard.
 * @throws Error that says what is wrong with the expression
 */
export function cronTimes(expression: string, timezone: string): CronTimes {
  if (expression.trim().split(/\s+/).length !== 5)
    throw new Error('it must have five fields: minute, hour, day of month, month, day of week');
  return new CronTimes(new Cron(expression, { timezone, mode: '5-part', paused: true }));
}

export class CronTimes {
  constructor(private readonly cron: Cron) {}

  /** The first time after `time`; null when there is none any more, as on 31 February. */
  after(time: Date): Date | null {
    return this.cron.nextRun(time);
  }
}
