import { oneLine } from '../clean-text.js';
import { childOf, childrenOf, descendantsOf, textOf, type XmlElement } from '../xml-tree.js';

export interface DrawingParagraph {
  text: string;
  /** Depth in a list, 0 for the outermost. */
  level: number;
}

/** Paragraphs with text below an element of DrawingML (`a:p`), which shapes and charts share. */
export function drawingParagraphs(element: XmlElement | undefined): DrawingParagraph[] {
  return descendantsOf(element, 'p')
    .map((paragraph) => ({
      text: oneLine(childrenOf(paragraph).map(runText).join('')),
      level: Number(childOf(paragraph, 'pPr')?.attributes.lvl ?? 0) || 0,
    }))
    .filter(({ text }) => text !== '');
}

/** A table of DrawingML (`a:tbl`) as a Markdown table. */
export function drawingTable(table: XmlElement): string {
  const rows = childrenOf(table, 'tr').map((row) =>
    childrenOf(row, 'tc').map((cell) =>
      drawingParagraphs(cell)
        .map(({ text }) => text)
        .join(' ')
        .replaceAll('|', '\\|'),
    ),
  );
  return markdownTable(rows);
}

/** The title, and the cached values of each series of a chart (`c:chartSpace`). */
export function chartText(chart: XmlElement): string {
  const title = drawingParagraphs(descendantsOf(chart, 'title')[0])
    .map(({ text }) => text)
    .join(' ');
  const series = descendantsOf(chart, 'ser');
  const values = (one: XmlElement | undefined, name: string): string[] =>
    descendantsOf(childOf(one, name), 'v').map((value) => oneLine(textOf(value)));
  const header = ['', ...series.map((one) => values(one, 'tx').join(' '))];
  const categories = values(series[0], 'cat');
  const columns = series.map((one) => values(one, 'val'));
  const rows = categories.map((category, i) => [category, ...columns.map((each) => each[i] ?? '')]);
  const table = rows.length > 0 ? markdownTable([header, ...rows]) : header.join(' ').trim();
  return [title && `Chart: ${title}`, table].filter((part) => part !== '').join('\n\n');
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header, ...body] = rows;
  if (!header) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...body.map(line)].join('\n');
}

/** Runs and fields (dates, slide numbers) hold text in `a:t`; a break is white space. */
function runText(child: XmlElement): string {
  if (child.name === 'br') return ' ';
  return child.name === 'r' || child.name === 'fld' ? textOf(childOf(child, 't')) : '';
}
