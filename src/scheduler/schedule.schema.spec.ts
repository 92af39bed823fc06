import { fastApiIssues } from '../common/http/fastapi-issues.js';
import { Schedule } from './schedule.schema.js';

const issuesOf = (input: unknown) =>
  fastApiIssues(Schedule.safeParse(input).error?.issues ?? [], ['body', 'schedule'], input);

describe('a schedule', () => {
  it.each([
    null,
    { every_minutes: 1 },
    { every_minutes: 43_200, jitter_seconds: 0 },
    { cron: '0 9 * * 1-5' },
    { cron: '*/5 * * * *', timezone: 'Europe/Berlin', jitter_seconds: 3600 },
    { cron: '0 0 29 2 *', timezone: 'UTC' },
  ])('may be %j', (schedule) => {
    expect(Schedule.parse(schedule)).toEqual(schedule);
  });

  it.each([
    [{}, [], /either/],
    [{ every_minutes: 5, cron: '* * * * *' }, [], /either/],
    [{ every_minutes: 5, timezone: 'UTC' }, ['timezone'], /goes with cron/],
    [{ cron: '* * * *' }, ['cron'], /five fields/],
    [{ cron: '* * * * * *' }, ['cron'], /five fields/],
    [{ cron: '@daily' }, ['cron'], /five fields/],
    [{ cron: '61 * * * *' }, ['cron'], /minute: 61/],
    [{ cron: '0 9 * * someday' }, ['cron'], /illegal/],
    [{ cron: '0 0 31 2 *' }, ['cron'], /never/],
    [{ cron: '0 9 * * *', timezone: 'Mars/Olympus' }, ['timezone'], /IANA/],
    [{ cron: '0 9 * * *', timezone: '+02:00' }, ['timezone'], /IANA/],
  ])('is not %j', (schedule, path, message) => {
    expect(issuesOf(schedule)).toEqual([
      {
        loc: ['body', 'schedule', ...path],
        type: 'invalid_schedule',
        msg: expect.stringMatching(message),
      },
    ]);
  });

  it('is at least a minute and at most thirty days', () => {
    expect(issuesOf({ every_minutes: 0 })).toMatchObject([{ type: 'greater_than_equal' }]);
    expect(issuesOf({ every_minutes: 43_201 })).toMatchObject([{ type: 'less_than_equal' }]);
    expect(issuesOf({ every_minutes: 5, jitter_seconds: 3601 })).toMatchObject([
      { type: 'less_than_equal' },
    ]);
  });
});
