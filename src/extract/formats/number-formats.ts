import { xmlAttribute } from '../xml-text.js';

/** What a number in a cell means. */
export type NumberMeaning = 'number' | 'date' | 'duration';

/** Formats that need no definition and show dates or times (ECMA-376 part 1, 18.8.30). */
const BUILT_IN_DATES = [
  [14, 22],
  [27, 36],
  [45, 45],
  [47, 47],
  [50, 58],
] as const;
const BUILT_IN_DURATION = 46;

const DAY_MS = 86_400_000;
/** Day 0 of the two date systems; the first counts a 29 February 1900 that never was. */
const EPOCHS = { from1900: Date.UTC(1899, 11, 30), from1904: Date.UTC(1904, 0, 1) };
/** 31 December 9999, the last day that a workbook can show. */
const LAST_SERIAL = 2_958_465;

/** The meaning of numbers for each style of a workbook's cells (`s="3"` is the fourth). */
export function readNumberFormats(stylesXml: string): NumberMeaning[] {
  const custom = new Map<number, string>();
  for (const [tag] of stylesXml.matchAll(/<(?:\w+:)?numFmt\s[^>]*>/g)) {
    custom.set(Number(xmlAttribute(tag, 'numFmtId')), xmlAttribute(tag, 'formatCode') ?? '');
  }
  const styles = /<(?:\w+:)?cellXfs\b[^]*?<\/(?:\w+:)?cellXfs>/.exec(stylesXml)?.[0] ?? '';
  return [...styles.matchAll(/<(?:\w+:)?xf\b[^>]*>/g)].map(([tag]) => {
    const id = Number(xmlAttribute(tag, 'numFmtId') ?? 0);
    const code = custom.get(id);
    return code === undefined ? meaningOfId(id) : meaningOfCode(code);
  });
}

/**
 * The text of a number: without binary noise, dates in ISO 8601 (date, time, or both; workbooks
 * have no time zones), durations as hours, minutes and seconds.
 */
export function numberText(value: number, meaning: NumberMeaning, is1904: boolean): string {
  const plain = String(Number(value.toPrecision(15)));
  if (meaning === 'number' || value < 0 || value > LAST_SERIAL) return plain;
  // Serial numbers are fractions of a day: 10:30 may read as 10:29:59.999.
  const seconds = Math.round((value * DAY_MS) / 1000);
  if (meaning === 'duration') return clock(seconds);
  if (value < 1) return clock(seconds);
  const epoch = is1904 ? EPOCHS.from1904 : EPOCHS.from1900;
  const [day = '', time = ''] = new Date(epoch + seconds * 1000).toISOString().split('T');
  return time.startsWith('00:00:00') ? day : `${day}T${time.slice(0, 8)}`;
}

function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function meaningOfId(id: number): NumberMeaning {
  if (id === BUILT_IN_DURATION) return 'duration';
  return BUILT_IN_DATES.some(([first, last]) => id >= first && id <= last) ? 'date' : 'number';
}

function meaningOfCode(code: string): NumberMeaning {
  if (/\[(h+|m+|s+)\]/i.test(code)) return 'duration';
  // What remains without literals, colours, locales and padding are the placeholders.
  const placeholders = code.replace(/"[^"]*"|\[[^\]]*\]|[\\_*]./g, '').replace(/general/gi, '');
  return /[ymdhs]/i.test(placeholders) ? 'date' : 'number';
}
