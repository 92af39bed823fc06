const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** East Asian wide characters and emoji take two cells: https://www.unicode.org/reports/tr11/ */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const INVISIBLE = /^(\p{Mn}|\p{Me}|\p{Cf})+$/u;
// The escape sequences that output/style.ts writes.
const STYLING = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu;

/** Terminal cells that a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text.replace(STYLING, ''))) {
    if (!INVISIBLE.test(segment)) width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Cuts an unstyled text to `width` cells, with an ellipsis where something is missing. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const cells = textWidth(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return `${kept.trimEnd()}…`;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/**
 * One line without control characters and text direction overrides: names and texts come
 * from other people, and an escape sequence among them would steer the reader's terminal.
 */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').replace(/\s+/g, ' ').trim();
}

/** Breaks a text into at most `lines` lines of at most `width` cells, at spaces where possible. */
export function wrap(text: string, width: number, lines: number): string[] {
  const words = oneLine(text).split(' ');
  const wrapped: string[] = [];
  let current = '';
  for (const [index, word] of words.entries()) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (textWidth(longer) <= width) {
      current = longer;
      continue;
    }
    if (wrapped.length === lines - 1) {
      const rest = [current, ...words.slice(index)].join(' ').trim();
      return [...wrapped, truncate(rest, width)];
    }
    if (current !== '') wrapped.push(current);
    current = truncate(word, width);
  }
  return current === '' ? wrapped : [...wrapped, current];
}
