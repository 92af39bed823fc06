import fc from 'fast-check';
import { retryAfterSeconds } from './retry-after.js';

const NOW = new Date('2026-03-01T12:00:00Z');

describe('retryAfterSeconds', () => {
  it.each([
    ['30', 30],
    [' 0 ', 0],
    ['1.5', 1.5],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90],
    ['Sunday, 01-Mar-26 12:00:10 GMT', 10],
    ['Sun Mar  1 12:00:05 2026 GMT', 5],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['', null],
    ['soon', null],
    ['-5', null],
    ['2026-03-01T12:01:00Z', null],
    ['Sun, 99 Foo 2026', null],
    [null, null],
    [undefined, null],
  ])('reads %j as %j', (header, seconds) => {
    expect(retryAfterSeconds(header, NOW)).toBe(seconds);
  });

  it('reads back any HTTP date to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
        const date = new Date(NOW.getTime() + seconds * 1000).toUTCString();
        expect(retryAfterSeconds(date, NOW)).toBe(seconds);
      }),
    );
  });

  it('never answers anything but null or a length of time', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = retryAfterSeconds(header, NOW);
        expect(seconds === null || seconds >= 0).toBe(true);
      }),
    );
  });
});
