import { oneLine, padEnd, padStart, textWidth, truncate } from './text-width.js';
import type { Paint, Style } from './style.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
  /** Gives way when the terminal is too narrow, down to `min` cells (8). */
  flexible?: boolean;
  min?: number;
  /** Colours the cell, after it was cut and padded. */
  paint?: (row: Row) => Paint;
}

const GAP = 2;
const SMALLEST = 8;
/** Paths and messages may be thousands of letters long; `--json` has them whole. */
const LONGEST = 300;

/**
 * Aligned lines under a header, none longer than `width` cells as long as the flexible columns can
 * give way. Columns that are empty in every row are left out.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, style }: { width: number; style: Style },
): string[] {
  const filled = columns
    .map((column) => ({
      column,
      cells: rows.map((row) => clip(oneLine(column.value(row)))),
    }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const natural = filled.map(({ column, cells }) =>
    Math.max(textWidth(column.title), ...cells.map(textWidth)),
  );
  const widths = fit(
    natural,
    filled.map(({ column }) => column),
    width,
  );
  const header = filled.map(({ column }, i) => align(column, column.title, widths[i]!));
  const lines = rows.map((row, r) =>
    filled.map(({ column, cells }, i) => {
      const text = align(column, truncate(cells[r]!, widths[i]!), widths[i]!);
      return column.paint ? column.paint(row)(text) : text;
    }),
  );
  const join = (cells: string[]): string => cells.join(' '.repeat(GAP)).trimEnd();
  return [style.dim(join(header)), ...lines.map(join)];
}

/** Cuts what nobody would read to its end; styled texts are short and stay whole. */
export function clip(text: string): string {
  return truncate(text, LONGEST);
}

function align<Row>(column: Column<Row>, text: string, width: number): string {
  return column.align === 'right' ? padStart(text, width) : padEnd(text, width);
}

/** Takes a cell at a time from the widest flexible column until the line fits. */
function fit<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  width: number,
): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, w) => sum + w, 0) + GAP * (widths.length - 1);
  while (total() > width) {
    let widest = -1;
    for (const [i, column] of columns.entries()) {
      const least = Math.max(column.min ?? SMALLEST, 1);
      if (!column.flexible || widths[i]! <= least) continue;
      if (widest === -1 || widths[i]! > widths[widest]!) widest = i;
    }
    if (widest === -1) break;
    widths[widest]!--;
  }
  return widths;
}

/** `label   value` lines, the labels padded to one width. */
export function renderFields(
  fields: readonly (readonly [label: string, value: string | null | undefined])[],
  style: Style,
): string[] {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([label]) => textWidth(label)));
  return shown.map(([label, value]) => `${style.dim(padEnd(label, width))}  ${clip(value ?? '')}`);
}
