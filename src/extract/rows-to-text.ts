import { oneLine } from './clean-text.js';
import type { TextWriter } from './text-writer.js';

const LONGEST_HEADER = 100;
const NUMBER_OR_DATE = /^[-+(]?[\s$€£¥]*[\d.,'\s/:-]*\d[\d.,'\s/:%)TZ-]*$|^(true|false)$/i;

/**
 * Writes the rows of a table so that each stands alone in search: one block per row, every cell
 * with the heading of its column (`Name: Ada; Born: 1815`). Rows without a heading row above them
 * keep their cells in order (`12; 4; 7`).
 */
export class RowWriter {
  private header: string[] | undefined;
  private pending: string[] | undefined;

  constructor(private readonly writer: TextWriter) {}

  /** True when further rows would be thrown away. */
  get full(): boolean {
    return this.writer.full;
  }

  row(cells: readonly string[]): void {
    const row = cells.map(oneLine);
    const filled = row.filter((cell) => cell !== '').length;
    if (filled === 0) return;
    if (this.header) return this.writer.block(labelled(this.header, row));
    if (this.pending) return this.decide(this.pending, row, filled);
    if (isHeader(row)) this.pending = row;
    else this.writer.block(joined(row));
  }

  /** Writes a last row that was held back. */
  end(): void {
    if (this.pending) this.writer.block(joined(this.pending));
    this.pending = undefined;
  }

  /** A row of words is a heading row if what follows is a table too, not a note below a title. */
  private decide(candidate: string[], next: string[], filled: number): void {
    this.pending = undefined;
    if (filled < 2) {
      this.writer.block(joined(candidate));
      this.row(next);
      return;
    }
    this.header = candidate;
    this.row(next);
  }
}

function isHeader(row: readonly string[]): boolean {
  const cells = row.filter((cell) => cell !== '');
  return (
    cells.length >= 2 &&
    cells.every((cell) => cell.length <= LONGEST_HEADER && !NUMBER_OR_DATE.test(cell))
  );
}

function labelled(header: readonly string[], row: readonly string[]): string {
  return row
    .map((cell, i) => (cell !== '' && header[i] ? `${header[i]}: ${cell}` : cell))
    .filter((cell) => cell !== '')
    .join('; ');
}

function joined(row: readonly string[]): string {
  return row.filter((cell) => cell !== '').join('; ');
}
