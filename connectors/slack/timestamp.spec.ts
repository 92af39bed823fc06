import fc from 'fast-check';
import {
  compareTimestamps,
  newestOf,
  permalink,
  secondsBetween,
  toMilliseconds,
  writtenTime,
} from './timestamp.js';

const micros = fc.bigInt({ min: 1_000_000_000_000_000n, max: 2_000_000_000_000_000n });
const written = (value: bigint): string =>
  `${value / 1_000_000n}.${String(value % 1_000_000n).padStart(6, '0')}`;

describe('timestamps', () => {
  it('compare as the numbers they are, to the microsecond', () => {
    fc.assert(
      fc.property(micros, micros, (a, b) => {
        const expected = a === b ? 0 : a < b ? -1 : 1;
        expect(Math.sign(compareTimestamps(written(a), written(b)))).toBe(expected);
      }),
    );
    expect(compareTimestamps('999.000000', '1000.000000')).toBeLessThan(0);
    expect(compareTimestamps('1000.5', '1000.500000')).toBe(0);
  });

  it('become milliseconds, rounded down', () => {
    expect(toMilliseconds('1700000000.123999')).toBe(1_700_000_000_123);
    expect(toMilliseconds('1700000000')).toBe(1_700_000_000_000);
    expect(secondsBetween('1700000000.000000', '1700000001.500000')).toBe(1.5);
  });

  it('are written out in UTC', () => {
    expect(writtenTime('1778248980.000100')).toBe('8 May 2026 14:03');
  });

  it('know the newest of some', () => {
    expect(newestOf('1.000000', undefined, '3.000000', '2.000000')).toBe('3.000000');
    expect(newestOf(undefined)).toBeUndefined();
  });

  it('make permalinks, with the thread for a reply only', () => {
    const team = 'https://example.slack.com/';
    const base = 'https://example.slack.com/archives/C1/p1700000000000100';
    expect(permalink(team, 'C1', '1700000000.000100')).toBe(base);
    expect(permalink(team, 'C1', '1700000000.000100', '1700000000.000100')).toBe(base);
    expect(permalink(team, 'C1', '1700000000.000100', '1600000000.000200')).toBe(
      `${base}?thread_ts=1600000000.000200&cid=C1`,
    );
  });
});
