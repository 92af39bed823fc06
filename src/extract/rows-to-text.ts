import { oneLine } from './clean-text.js';
import type { TextWriter } from './text-writer.js';

/** Texts of a row by column; empty cells are left out. */
type Row = ReadonlyMap<number, string>;

const LONGEST_HEADER = 100;
const NUMBER_OR_DATE = /^[-+(]?[\s$€£¥]*[\d.,'\s/:-]*\d[\d.,'\s/:%)TZ-]*$|^(true|false)$/i;

/**
 * Writes the rows of a table so that each stands alone in search: one block per row, every cell
 * with the heading of its column (`Name: Ada; Born: 1815`). Rows without a heading row above them
 * keep their cells in order (`12; 4; 7`).
 */
export class RowWriter {
  private header: Row | undefined;
  private candidate: Row | undefined;

  constructor(private readonly writer: TextWriter) {}

  /** True when further rows would be thrown away. */
  get full(): boolean {
    return this.writer.full;
  }

  /** @param cells column and text of each cell, from left to right; there may be gaps */
  row(cells: Iterable<readonly [column: number, text: string]>): void {
    const row = new Map<number, string>();
    for (const [column, cell] of cells) {
      const text = oneLine(cell);
      if (text !== '') row.set(column, text);
    }
    if (row.size > 0) this.add(row);
  }

  /** Writes a last row that was held back. */
  end(): void {
    if (this.candidate) this.writer.block(joined(this.candidate));
    this.candidate = undefined;
  }

  private add(row: Row): void {
    // A row of words is a heading row if what follows is a table too, not a note below a title.
    if (this.candidate && row.size >= 2) {
      this.header = this.candidate;
      this.candidate = undefined;
    }
    if (this.header) return this.writer.block(labelled(this.header, row));
    this.end();
    if (isHeader(row)) this.candidate = row;
    else this.writer.block(joined(row));
  }
}

function isHeader(row: Row): boolean {
  const cells = [...row.values()];
  return (
    cells.length >= 2 &&
    cells.every((cell) => cell.length <= LONGEST_HEADER && !NUMBER_OR_DATE.test(cell))
  );
}

function labelled(header: Row, row: Row): string {
  return [...row]
    .map(([column, cell]) => {
      const heading = header.get(column);
      return heading ? `${heading}: ${cell}` : cell;
    })
    .join('; ');
}

function joined(row: Row): string {
  return [...row.values()].join('; ');
}
