import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  plural,
} from './quantities.js';

describe('quantities', () => {
  it.each([
    [0, '0.0 s'],
    [420, '0.4 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('writes %d ms as "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [812, '812 B'],
    [999_600, '1.0 MB'],
    [4_200_000, '4.2 MB'],
    [106_954_752, '107 MB'],
  ])('writes %d bytes as "%s"', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('writes counts, rates and plurals', () => {
    expect(formatCount(1204)).toBe('1,204');
    expect(formatRate(3.44)).toBe('3.4/s');
    expect(formatRate(1411.6)).toBe('1,412/s');
    expect([plural(1, 'item'), plural(2, 'item')]).toEqual(['1 item', '2 items']);
  });

  it.each([
    ['2026-01-01T11:59:40Z', 'just now'],
    ['2026-01-01T11:55:00Z', '5 min ago'],
    ['2026-01-01T12:12:00Z', 'in 12 min'],
    ['2026-01-01T02:00:00Z', '10 h ago'],
    ['2025-12-29T12:00:00Z', '3 d ago'],
  ])('says of %s at noon "%s"', (time, text) => {
    expect(formatAgo(time, new Date('2026-01-01T12:00:00Z'))).toBe(text);
  });
});
