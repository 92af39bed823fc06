import { InvalidArgumentError, type Command } from 'commander';
import { isTimeZone } from '../../scheduler/cron.js';
import { MAX_JITTER_SECONDS, type Schedule } from '../../scheduler/schedule.schema.js';
import { usageError } from '../cli-error.js';
import { wholeNumber } from '../option-parsers.js';

const MOST_MINUTES = 43_200;

export interface ScheduleOptions {
  schedule?: number | 'none';
  every?: number;
  cron?: string;
  timezone?: string;
  jitter?: number;
}

/** The options with which a command says when a connection syncs by itself. */
export function addScheduleOptions(command: Command): Command {
  return command
    .option('--every <minutes>', 'sync every so many minutes while a server runs', minutes)
    .option('--cron <expression>', 'sync at the times of a cron expression, e.g. "0 7 * * 1-5"')
    .option('--timezone <name>', 'time zone of --cron, e.g. Europe/Berlin (default: UTC)', timeZone)
    .option(
      '--jitter <seconds>',
      'start up to so many seconds late, 0 = on the dot (default: a tenth, at most 300)',
      wholeNumber(0, MAX_JITTER_SECONDS),
    )
    .option('--schedule <minutes>', 'as --every, or "none" to sync only when asked', minutesOrNone);
}

/**
 * @returns undefined when nothing was said about it
 * @throws CliError when two things were said
 */
export function scheduleFrom(options: ScheduleOptions): Schedule | null | undefined {
  const { schedule, cron, timezone, jitter } = options;
  const said = [schedule, options.every, cron].filter((given) => given !== undefined);
  if (said.length > 1) throw usageError('give one of --every, --cron and --schedule');
  if (timezone !== undefined && cron === undefined) throw usageError('--timezone goes with --cron');
  if (said.length === 0 || schedule === 'none') {
    if (jitter !== undefined) throw usageError('--jitter goes with --every or --cron');
    return said.length === 0 ? undefined : null;
  }
  return {
    ...(cron === undefined ? { every_minutes: options.every ?? schedule } : { cron }),
    ...(timezone !== undefined && { timezone }),
    ...(jitter !== undefined && { jitter_seconds: jitter }),
  };
}

function minutes(text: string): number {
  return wholeNumber(1, MOST_MINUTES)(text);
}

function minutesOrNone(text: string): number | 'none' {
  return text === 'none' ? text : minutes(text);
}

function timeZone(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidArgumentError('It must be the IANA name of a time zone, e.g. Europe/Berlin.');
}
