import { intervalSeconds } from './interval.js';

const NOW = new Date('2026-03-02T12:20:00Z');

describe('intervalSeconds', () => {
  it.each([
    ['no schedule', null, null],
    ['an interval', { every_minutes: 30 }, 1800],
    ['a cron expression', { cron: '0 * * * *' }, 3600],
    ['office hours, which rest at night', { cron: '0,20 15-16 * * 1-5', timezone: 'UTC' }, 1200],
    ['once a year', { cron: '0 0 1 1 *' }, 365 * 86_400],
  ])('of %s', (_, schedule, seconds) => {
    expect(intervalSeconds(schedule, NOW)).toBe(seconds);
  });
});
