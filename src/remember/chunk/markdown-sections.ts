import { blockOf, type Block, type Section } from './block.js';
import { linesOf, type Line } from './lines.js';

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
export function markdownSections(source: string): Section[] {
  return new MarkdownReader(source).read();
}

class MarkdownReader {
  private readonly lines: Line[];
  private readonly sections: Section[] = [{ path: [], blocks: [] }];
  private readonly titles: { level: number; title: string }[] = [];
  private at = 0;

  constructor(private readonly source: string) {
    this.lines = linesOf(source);
  }

  read(): Section[] {
    this.frontMatter();
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!;
      if (line.blank) this.at++;
      else if (!this.heading(line) && !this.fence(line) && !this.table(line)) this.paragraph();
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

  private fence(line: Line): boolean {
    const mark = FENCE.exec(line.head)?.[1];
    if (mark === undefined) return false;
    let end = this.at + 1;
    while (end < this.lines.length && !closesFence(this.lines[end]!, mark)) end++;
    this.take(Math.min(end + 1, this.lines.length), 'lines');
    return true;
  }

  private table(line: Line): boolean {
    const delimiter = this.lines[this.at + 1];
    if (!this.hasBar(line) || delimiter === undefined || !this.isDelimiterRow(delimiter)) {
      return false;
    }
    let end = this.at + 2;
    while (end < this.lines.length && !this.lines[end]!.blank && this.hasBar(this.lines[end]!))
      end++;
    this.take(end, 'lines', `${this.source.slice(line.start, delimiter.end).trimEnd()}\n`);
    return true;
  }

  private hasBar(line: Line): boolean {
    return this.source.slice(line.start, line.end).includes('|');
  }

  private isDelimiterRow(line: Line): boolean {
    const row = this.source.slice(line.start, line.end);
    return /^[ \t|:-]+$/.test(row) && row.includes('-') && row.includes('|');
  }

  /** Lines up to a blank one or to the start of something else; list items end at the next item. */
  private paragraph(): void {
    let end = this.at + 1;
    while (end < this.lines.length && !this.endsParagraph(this.lines[end]!, end)) end++;
    this.take(end, 'prose');
  }

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
