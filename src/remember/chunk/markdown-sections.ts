import type { Steps } from '../steps.js';
import { blockOf, type Block, type Section } from './block.js';
import { LINES_PER_STEP, linesOf, type Line } from './lines.js';

// Tested on lines of at most 200 characters: a longer one is text, whatever it begins with.
const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const FENCE = /^[ \t]*(`{3,}(?!.*`)|~{3,})/;
const LIST_ITEM = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S/;

/**
 * Finds headings, paragraphs, list items, tables and fenced code in a Markdown or plain text:
 * the part of CommonMark and GFM (https://spec.commonmark.org, https://github.github.com/gfm)
 * that decides where a text may be cut. One pass over the lines, no nesting.
 */
export function* markdownSections(source: string): Steps<Section[]> {
  return yield* new MarkdownReader(source, yield* linesOf(source)).read();
}

class MarkdownReader {
  private readonly sections: Section[] = [{ path: [], blocks: [] }];
  private readonly titles: { level: number; title: string }[] = [];
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly lines: readonly Line[],
  ) {}

  *read(): Steps<Section[]> {
    this.frontMatter();
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!;
      if (line.blank) this.at++;
      else if (!this.heading(line)) yield* this.block(line);
      yield;
    }
    return this.sections;
  }

  /** Ends before line `to`; the reader goes on there. */
  private take(to: number, kind: Block['kind'], repeat?: string): void {
    const block = this.range(this.at, to, kind, repeat);
    if (block) this.sections[this.sections.length - 1]!.blocks.push(block);
    this.at = to;
  }

  private range(from: number, to: number, kind: Block['kind'], repeat?: string): Block | undefined {
    return blockOf(this.source, this.lines[from]!.start, this.lines[to - 1]!.end, kind, repeat);
  }

  /** `---`, lines of which none is blank (else the first is a thematic break), `---`. */
  private frontMatter(): void {
    if (this.lines[0]!.head !== '---') return;
    const end = this.lines.findIndex(
      (line, index) => index > 0 && (line.blank || line.whole?.trimEnd() === '---'),
    );
    if (end > 0 && !this.lines[end]!.blank) this.take(end + 1, 'lines');
  }

  private heading(line: Line): boolean {
    const atx = line.whole === undefined ? null : ATX_HEADING.exec(line.whole);
    if (atx) {
      // A closing run of #, after a space, is decoration.
      const title = (atx[2] ?? '').trim().replace(/(?:^|[ \t])#+$/, '');
      this.openSection(atx[1]!.length, title.trim(), 1);
      return true;
    }
    const next = this.lines[this.at + 1]?.whole;
    const underline = next === undefined ? null : SETEXT_UNDERLINE.exec(next);
    if (!underline || line.whole === undefined || startsBlock(line)) return false;
    this.openSection(underline[1]!.startsWith('=') ? 1 : 2, line.whole.trim(), 2);
    return true;
  }

  private openSection(level: number, title: string, lines: number): void {
    while ((this.titles.at(-1)?.level ?? 0) >= level) this.titles.pop();
    if (title !== '') this.titles.push({ level, title });
    this.sections.push({
      path: this.titles.map((entry) => entry.title),
      heading: this.range(this.at, this.at + lines, 'prose'),
      blocks: [],
    });
    this.at += lines;
  }

  /** Code, a table, or a paragraph: list items end at the next item. */
  private *block(line: Line): Steps<void> {
    const fence = FENCE.exec(line.head)?.[1];
    if (fence !== undefined) {
      const end = yield* this.until(this.at + 1, (one) => closesFence(one, fence));
      return this.take(Math.min(end + 1, this.lines.length), 'lines');
    }
    const header = this.tableHeader(line);
    if (header !== undefined) {
      const end = yield* this.until(this.at + 2, (one) => one.blank || !this.hasBar(one));
      return this.take(end, 'lines', header);
    }
    this.take(yield* this.until(this.at + 1, (one, at) => this.endsParagraph(one, at)), 'prose');
  }

  /** The first line from `from` on that ends a block. */
  private *until(from: number, ends: (line: Line, index: number) => boolean): Steps<number> {
    let at = from;
    for (; at < this.lines.length && !ends(this.lines[at]!, at); at++)
      if (at % LINES_PER_STEP === 0) yield;
    return at;
  }

  private tableHeader(line: Line): string | undefined {
    const delimiter = this.lines[this.at + 1];
    if (!this.hasBar(line) || delimiter === undefined || !this.isDelimiterRow(delimiter))
      return undefined;
    return `${this.source.slice(line.start, delimiter.end).trimEnd()}\n`;
  }

  private hasBar(line: Line): boolean {
    return this.source.slice(line.start, line.end).includes('|');
  }

  private isDelimiterRow(line: Line): boolean {
    const row = this.source.slice(line.start, line.end);
    return /^[ \t|:-]+$/.test(row) && row.includes('-') && row.includes('|');
  }

  /** At a blank line, or where the next block starts. */
  private endsParagraph(line: Line, index: number): boolean {
    if (line.blank || startsBlock(line)) return true;
    const next = this.lines[index + 1];
    return next !== undefined && this.hasBar(line) && this.isDelimiterRow(next);
  }
}

/** Headings, fences and list items end a paragraph without a blank line. */
function startsBlock(line: Line): boolean {
  return (
    FENCE.test(line.head) ||
    LIST_ITEM.test(line.head) ||
    (line.whole !== undefined && ATX_HEADING.test(line.whole))
  );
}

function closesFence(line: Line, mark: string): boolean {
  const text = line.whole?.trim() ?? '';
  return text.length >= mark.length && text === mark.charAt(0).repeat(text.length);
}
