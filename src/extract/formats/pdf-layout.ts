/** A run of text as pdf.js reports it; lengths are in points, y grows upwards. */
export interface TextItem {
  str: string;
  width: number;
  height: number;
  /** Matrix [a, b, c, d, x, y] that places the run. */
  transform: number[];
  hasEOL: boolean;
}

interface Line {
  text: string;
  left: number;
  right: number;
  y: number;
  size: number;
  /** True when wide gaps split the line: a table row, or columns that belong side by side. */
  isTabular: boolean;
}

/** A gap between two lines of a paragraph is at most this many font sizes. */
const LINE_GAP = 1.75;
/** A line that fills this part of its column's width was broken by the layout, not the author. */
const FULL_LINE = 0.85;
/** Columns of text are at least this many font sizes wide; narrower lines are lists and labels. */
const NARROWEST_COLUMN = 12;
/** White space of this many font sizes inside a line separates cells. */
const CELL_GAP = 1.5;
/** Letters of this relative size difference belong to the same paragraph. */
const SIZE_TOLERANCE = 0.15;
const LIST_MARKER = /^(?:[-–—•●▪◦‣*o·]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]+)[.)])\s/;

/** The text of a page: wrapped lines joined into paragraphs, an empty line between those. */
export function layoutPage(items: readonly TextItem[]): string {
  const lines = toLines(items);
  return groupParagraphs(lines)
    .map((paragraph) => joinParagraph(paragraph, lines))
    .join('\n\n');
}

function toLines(items: readonly TextItem[]): Line[] {
  const lines: Line[] = [];
  let runs: TextItem[] = [];
  const end = (): void => {
    const line = toLine(runs);
    if (line) lines.push(line);
    runs = [];
  };
  for (const item of items) {
    // pdf.js reports an end of line with the run before it, or as an empty run of its own.
    if (item.str.trim() !== '' || runs.length > 0) runs.push(item);
    if (item.hasEOL) end();
  }
  end();
  return lines;
}

function toLine(runs: readonly TextItem[]): Line | undefined {
  const written = runs.filter((run) => run.str.trim() !== '');
  const first = written[0];
  const last = written.at(-1);
  if (!first || !last) return undefined;
  const x = (run: TextItem): number => run.transform[4] ?? 0;
  const size = Math.max(...written.map((run) => run.height)) || 10;
  return {
    text: runs
      .map(({ str }) => str)
      .join('')
      .replace(/[^\S\n]+/g, ' ')
      .trim(),
    left: Math.min(...written.map(x)),
    right: Math.max(...written.map((run) => x(run) + run.width)),
    y: first.transform[5] ?? 0,
    size,
    isTabular: runs.some((run) => run.str.trim() === '' && run.width > size * CELL_GAP),
  };
}

/** Lines that stand close below each other in letters of the same size. */
function groupParagraphs(lines: readonly Line[]): Line[][] {
  const paragraphs: Line[][] = [];
  for (const line of lines) {
    const paragraph = paragraphs.at(-1);
    const above = paragraph?.at(-1);
    if (paragraph && above && continues(above, line)) paragraph.push(line);
    else paragraphs.push([line]);
  }
  return paragraphs;
}

function continues(above: Line, below: Line): boolean {
  const size = Math.max(above.size, below.size);
  const gap = above.y - below.y;
  const isSameSize = Math.abs(above.size - below.size) <= size * SIZE_TOLERANCE;
  return gap > 0 && gap <= size * LINE_GAP && isSameSize;
}

/**
 * Joins a line with the next one where it reaches the right edge of its column; shorter ones are
 * table rows, addresses or list items and keep their end.
 */
function joinParagraph(paragraph: readonly Line[], page: readonly Line[]): string {
  const left = Math.min(...paragraph.map((line) => line.left));
  const size = paragraph[0]!.size;
  const column = page.filter((line) => Math.abs(line.left - left) < 2 * size && !line.isTabular);
  const width = Math.max(NARROWEST_COLUMN * size, ...column.map((line) => line.right - left));
  let text = '';
  let isOpen = false;
  for (const line of paragraph) {
    const startsAnew = line.isTabular || LIST_MARKER.test(line.text);
    if (text === '') text = line.text;
    else if (isOpen && !startsAnew) text = joinWrapped(text, line.text);
    else text += `\n${line.text}`;
    isOpen = !line.isTabular && line.right - left >= width * FULL_LINE;
  }
  return text;
}

/** A hyphen at the line's end goes if it splits a word, and stays in `state-of-the-` + `art`. */
function joinWrapped(text: string, next: string): string {
  if (/[\u3040-\u30ff\u3400-\u9fff]$/.test(text) && /^[\u3040-\u30ff\u3400-\u9fff]/.test(next)) {
    return text + next;
  }
  const word = /(\S*\p{Ll})[-\u2010\u00ad]$/u.exec(text)?.[1];
  if (word === undefined || !/^\p{Ll}/u.test(next)) return `${text} ${next}`;
  return word.includes('-') ? text + next : text.slice(0, -1) + next;
}
