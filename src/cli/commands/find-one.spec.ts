import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import { describeSchedule } from './describe-connection.js';
import { findById, findConnection } from './find-one.js';

const a = 'aaaaaaaa-0000-4000-8000-000000000001';
const b = 'aaaaaaaa-0000-4000-8000-000000000002';
const connections = [
  { id: a, name: 'Notes' },
  { id: b, name: 'team' },
  { id: 'bbbbbbbb-0000-4000-8000-000000000003', name: 'team' },
] as ConnectionAnswer[];

describe('finding what the user means', () => {
  it('takes a name in any case, an id, or the beginning of one', () => {
    expect(findConnection(connections, 'notes').id).toBe(a);
    expect(findConnection(connections, b).id).toBe(b);
    expect(findConnection(connections, 'BBBB').name).toBe('team');
  });

  it('does not guess', () => {
    expect(() => findConnection(connections, 'team')).toThrow(/several connections/);
    expect(() => findConnection(connections, 'aaaaaaaa')).toThrow(/several ids/);
    expect(() => findConnection(connections, 'bbb')).toThrow(/no connection "bbb"/);
    expect(findById(connections, 'cccc')).toBeUndefined();
  });

  it('words schedules', () => {
    expect(
      [null, 30, 60, 90, 360, 1440, 2880].map((n) =>
        describeSchedule(n === null ? null : { every_minutes: n }),
      ),
    ).toEqual([
      'only when asked',
      'every 30 min',
      'every 1 h',
      'every 90 min',
      'every 6 h',
      'every day',
      'every 2 d',
    ]);
    expect(describeSchedule({ cron: '0 7 * * *' })).toBe('cron 0 7 * * *');
    expect(describeSchedule({ cron: '0 7 * * *', timezone: 'Europe/Berlin' })).toBe(
      'cron 0 7 * * * (Europe/Berlin)',
    );
  });
});
