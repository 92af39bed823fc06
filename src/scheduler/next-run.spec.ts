import fc from 'fast-check';
import { cronTimes } from './cron.js';
import { nextRunAt, type Timing } from './next-run.js';
import type { Schedule } from './schedule.schema.js';

const MINUTE = 60_000;
/** With changes of an hour, of half an hour, at midnight, and none. */
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const Zone = fc.constantFrom(...ZONES, 'America/Santiago');
const Time = fc
  .integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2028, 0, 1) })
  .map((ms) => new Date(ms));
/** The night around a change of the clocks. */
const ChangeOfClocks = fc
  .tuple(
    fc.constantFrom(
      ...['2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'],
      ...['2026-04-04T15:00Z', '2026-10-03T15:30Z', '2026-04-05T03:00Z', '2026-09-06T04:00Z'],
    ),
    fc.integer({ min: -26 * 60, max: 26 * 60 }),
  )
  .map(([at, minutes]) => new Date(Date.parse(at) + minutes * MINUTE));
const Moment = fc.oneof(Time, ChangeOfClocks);
const Jitter = fc.option(fc.integer({ min: 0, max: 3600 }), { nil: undefined });
const Interval = fc.record({
  every_minutes: fc.integer({ min: 1, max: 43_200 }),
  jitter_seconds: Jitter,
});
const Minute = fc.constantFrom('*', '0', '30', '59', '*/15', '1,31');
const Hour = fc.constantFrom('*', '0', '1', '2', '3', '23', '*/6', '9-17');
const Cron = fc
  .tuple(
    Minute,
    Hour,
    fc.constantFrom('*', '1', '29'),
    fc.constantFrom('*', '2', '1-5'),
    Zone,
    Jitter,
  )
  .map(([minute, hour, day, month, timezone, jitter_seconds]) => ({
    cron: `${minute} ${hour} ${day} ${month} *`,
    timezone,
    jitter_seconds,
  }));

const chain = (schedule: Schedule, from: Timing, length: number): Date[] => {
  const times: Date[] = [];
  let { now, due } = from;
  for (let n = 0; n < length; n += 1) {
    due = nextRunAt(schedule, { ...from, now, due });
    now = due;
    times.push(due);
  }
  return times;
};
const localTime = (time: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(
    time,
  );

describe('the next run', () => {
  it('is never now or in the past, whatever was missed', () => {
    fc.assert(
      fc.property(fc.oneof(Interval, Cron), fc.uuid(), Moment, Moment, (schedule, id, a, b) => {
        const [due, now] = a < b ? [a, b] : [b, a];
        const next = nextRunAt(schedule, { connection: id, now, due });
        expect(next.getTime()).toBeGreaterThan(now.getTime());
      }),
    );
  });

  it('of an interval stays on its grid, however late the runs are', () => {
    fc.assert(
      fc.property(
        Interval,
        fc.uuid(),
        Time,
        fc.integer({ min: 0, max: 1e9 }),
        (schedule, id, due, late) => {
          const now = new Date(due.getTime() + late);
          const next = nextRunAt(schedule, { connection: id, now, due });
          const step = schedule.every_minutes * MINUTE;
          expect((next.getTime() - due.getTime()) % step).toBe(0);
          expect(next.getTime() - now.getTime()).toBeLessThanOrEqual(step);
        },
      ),
    );
  });

  it('of a new interval is an interval away, late by less than the jitter', () => {
    fc.assert(
      fc.property(Interval, fc.uuid(), Time, (schedule, connection, now) => {
        const next = nextRunAt(schedule, { connection, now, due: null });
        const step = schedule.every_minutes * MINUTE;
        const late = next.getTime() - now.getTime() - step;
        const most = (schedule.jitter_seconds ?? Math.min(300, step / 10_000)) * 1000;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(Math.min(most, step));
      }),
    );
  });

  it('of a cron expression comes once in each slot, in order', () => {
    fc.assert(
      fc.property(Cron, fc.uuid(), Moment, (schedule, connection, now) => {
        const times = chain(schedule, { connection, now, due: null }, 6);
        const slots = cronTimes(schedule.cron, schedule.timezone);
        const first = slots.after(new Date(times[0]!.getTime() - 3_600_001))!;
        let slot = first;
        while (slots.after(slot)! <= times[0]!) slot = slots.after(slot)!;
        for (const [at, time] of times.entries()) {
          const following = slots.after(slot)!;
          expect(time.getTime()).toBeGreaterThanOrEqual(slot.getTime());
          expect(time.getTime()).toBeLessThan(following.getTime());
          if (at > 0) expect(time.getTime()).toBeGreaterThan(times[at - 1]!.getTime());
          slot = following;
        }
      }),
    );
  });

  it('of a daily time comes on every local day once, also when the clocks change', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom(0, 15, 30, 45),
        Zone,
        Moment,
        (hour, minute, timezone, now) => {
          const schedule = { cron: `${minute} ${hour} * * *`, timezone, jitter_seconds: 0 };
          const times = chain(schedule, { connection: 'c', now, due: null }, 4);
          const days = times.map((time) => localTime(time, timezone).slice(0, 10));
          const midnight = (day: string): number => Date.parse(`${day}T00:00Z`);
          for (const [at, day] of days.entries())
            if (at > 0) expect(midnight(day) - midnight(days[at - 1]!)).toBe(1440 * MINUTE);
        },
      ),
    );
  });

  it('is at the local time that was asked for, unless the clocks skip it', () => {
    const daily = (now: string) =>
      nextRunAt(
        { cron: '30 2 * * *', timezone: 'Europe/Berlin', jitter_seconds: 0 },
        { connection: 'c', now: new Date(now), due: null },
      ).toISOString();
    expect(daily('2026-03-28T12:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(daily('2026-03-29T12:00Z')).toBe('2026-03-30T00:30:00.000Z');
    expect(daily('2026-10-24T12:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(daily('2026-10-25T00:30Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('is late by the same time for a connection, and by different ones for several', () => {
    const late = (connection: string, hour: number): number => {
      const now = new Date(Date.UTC(2026, 5, 1, hour, 30));
      const next = nextRunAt({ cron: '0 * * * *' }, { connection, now, due: null });
      return next.getTime() % (60 * MINUTE);
    };
    const lates = Array.from({ length: 50 }, (_, n) => late(`connection ${n}`, 3));
    expect(lates).toEqual(Array.from({ length: 50 }, (_, n) => late(`connection ${n}`, 9)));
    expect(new Set(lates).size).toBeGreaterThan(40);
    expect(Math.max(...lates)).toBeLessThan(5 * MINUTE);
    expect(Math.max(...lates)).toBeGreaterThan(4 * MINUTE);
  });
});
