import { Command } from 'commander';
import { addScheduleOptions, scheduleFrom, type ScheduleOptions } from './schedule-options.js';

const parse = (...args: string[]) => {
  const command = addScheduleOptions(new Command())
    .exitOverride()
    .configureOutput({
      writeErr: () => undefined,
    });
  return scheduleFrom(command.parse(args, { from: 'user' }).opts<ScheduleOptions>());
};

describe('schedule options', () => {
  it.each([
    [[], undefined],
    [['--schedule', 'none'], null],
    [['--schedule', '15'], { every_minutes: 15 }],
    [['--every', '15', '--jitter', '0'], { every_minutes: 15, jitter_seconds: 0 }],
    [['--cron', '0 7 * * 1-5'], { cron: '0 7 * * 1-5' }],
    [
      ['--cron', '0 7 * * *', '--timezone', 'Europe/Berlin'],
      { cron: '0 7 * * *', timezone: 'Europe/Berlin' },
    ],
  ])('%j say %j', (args, schedule) => {
    expect(parse(...args)).toEqual(schedule);
  });

  it.each([
    [['--every', '15', '--cron', '* * * * *'], /one of/],
    [['--schedule', 'none', '--every', '15'], /one of/],
    [['--every', '15', '--timezone', 'UTC'], /goes with --cron/],
    [['--jitter', '5'], /goes with/],
    [['--schedule', 'none', '--jitter', '5'], /goes with/],
    [['--every', 'day'], /whole number/],
    [['--cron', '* * * * *', '--timezone', 'Mars'], /IANA/],
  ])('%j are refused', (args, why) => {
    expect(() => parse(...args)).toThrow(why);
  });
});
