import TurndownService from 'turndown';
import { oneLine, trimBlock } from '../clean-text.js';
import { TextWriter } from '../text-writer.js';
import { splitHtml } from './html-pieces.js';

/** What the rules below need of a DOM node. */
interface HtmlNode {
  nodeName: string;
  textContent: string;
  parentNode: HtmlNode | null;
  childNodes: ArrayLike<HtmlNode>;
  getAttribute(name: string): string | null;
}

const DROPPED = [
  'head',
  'title',
  'script',
  'style',
  'noscript',
  'template',
  'nav',
  'iframe',
  'object',
  'canvas',
  'button',
  'select',
] as const;
const HEADING = /^H[1-6]$/;
/** Unclosed elements nest, which the converter bears up to about 1,500; browsers show such pages. */
const DEEPEST = 500;
const OPENING = /<(?!(?:br|hr|img|input|meta|link|wbr|col|p|li|t[drh]|d[dt]|option)\b)[a-z]/gi;

/**
 * HTML -> Markdown for search: no escapes (they would split words), links with their address,
 * images as their description, tables as Markdown tables.
 */
export function htmlToMarkdown(html: string): string {
  // Embedded images can be most of a saved page, and are never text.
  const slim = html.replace(/(["'])data:[^"']*\1/gi, '""');
  const service = converter();
  const writer = new TextWriter();
  for (const piece of splitHtml(slim)) {
    if (writer.full) break;
    writer.block(convert(service, piece));
  }
  return writer.finish().text;
}

function convert(service: TurndownService, html: string): string {
  if (openElements(html) > DEEPEST) {
    return oneLine(service.turndown(`<p>${html.replace(/<[^>]*>/g, ' ')}</p>`));
  }
  return service.turndown(html);
}

/** Elements that are opened and never closed; those that may stay open are not counted. */
function openElements(html: string): number {
  const opened = html.match(OPENING)?.length ?? 0;
  return opened > DEEPEST ? opened - (html.match(/<\//g)?.length ?? 0) : opened;
}

function converter(): TurndownService {
  const service = new TurndownService({
    headingStyle: 'atx',
    hr: '---',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
  });
  service.escape = (text) => text;
  service.remove([...DROPPED]);
  service.remove((node) => (node as HtmlNode).nodeName.toUpperCase() === 'SVG');
  service.addRule('link', {
    filter: 'a',
    replacement: (content, node) => link(content, node as HtmlNode),
  });
  service.addRule('image', {
    filter: 'img',
    replacement: (_content, node) => oneLine((node as HtmlNode).getAttribute('alt') ?? ''),
  });
  const ordinals = new Ordinals();
  service.addRule('listItem', {
    filter: 'li',
    replacement: (content, node) => listItem(content, node as HtmlNode, ordinals),
  });
  const tables = new TableShapes();
  service.addRule('cell', {
    filter: ['td', 'th'],
    replacement: (content, node) => cell(content, tables.of(node as HtmlNode)),
  });
  service.addRule('row', {
    filter: 'tr',
    replacement: (content, node) => row(content, node as HtmlNode, tables.of(node as HtmlNode)),
  });
  service.addRule('table', {
    filter: 'table',
    replacement: (content) => `\n\n${trimBlock(content)}\n\n`,
  });
  service.addRule('tableSection', {
    filter: ['thead', 'tbody', 'tfoot', 'colgroup', 'col'],
    replacement: (content) => content,
  });
  return service;
}

/** Links inside the page (footnote arrows, tables of contents) lose their address. */
function link(content: string, node: HtmlNode): string {
  const text = oneLine(content);
  const href = node.getAttribute('href')?.trim() ?? '';
  if (text === '↑' && href.startsWith('#')) return '';
  if (!/^(https?:|mailto:|\/|\.)/i.test(href) || text === '') return content;
  return href === text || href === `mailto:${text}` ? text : `[${text}](${href})`;
}

function listItem(content: string, node: HtmlNode, ordinals: Ordinals): string {
  const list = node.parentNode;
  const start = Number(list?.getAttribute('start') ?? 1) || 1;
  const marker = list?.nodeName === 'OL' ? `${start + ordinals.of(node)}. ` : '- ';
  const body = content.trim().replace(/\n{2,}/g, '\n');
  return `\n${marker}${body.replaceAll('\n', `\n${' '.repeat(marker.length)}`)}\n`;
}

function cell(content: string, table: TableShape): string {
  if (table.isLayout) return `\n\n${content.trim()}\n\n`;
  return ` ${oneLine(content).replaceAll('|', '\\|')} |`;
}

function row(content: string, node: HtmlNode, table: TableShape): string {
  if (table.isLayout) return content;
  const line = `|${content}\n`;
  return node === table.firstRow ? `${line}|${' --- |'.repeat(cellsOf(node).length)}\n` : line;
}

/** Positions of list items, counted once per list: lists can have tens of thousands of items. */
class Ordinals {
  private readonly known = new WeakMap<HtmlNode, number>();

  of(item: HtmlNode): number {
    if (!this.known.has(item)) {
      Array.from(item.parentNode?.childNodes ?? [])
        .filter(({ nodeName }) => nodeName === 'LI')
        .forEach((each, i) => this.known.set(each, i));
    }
    return this.known.get(item) ?? 0;
  }
}

interface TableShape {
  firstRow: HtmlNode | undefined;
  /**
   * True for a table that only places things: one column, or headings and other tables inside its
   * cells. Its content is read as if the table were not there.
   */
  isLayout: boolean;
}

/** Shapes of the tables, worked out once per table. */
class TableShapes {
  private readonly known = new WeakMap<HtmlNode, TableShape>();

  /** The shape of the table around a row or cell. */
  of(node: HtmlNode): TableShape {
    let table: HtmlNode | null = node;
    while (table && table.nodeName !== 'TABLE') table = table.parentNode;
    if (!table) return { firstRow: undefined, isLayout: true };
    let shape = this.known.get(table);
    if (!shape) this.known.set(table, (shape = shapeOf(table)));
    return shape;
  }
}

function shapeOf(table: HtmlNode): TableShape {
  const rows = rowsOf(table);
  const cells = rows.map(cellsOf);
  const placesBlocks = cells
    .flat()
    .flatMap((each) => Array.from(each.childNodes))
    .some(({ nodeName }) => nodeName === 'TABLE' || HEADING.test(nodeName));
  return { firstRow: rows[0], isLayout: placesBlocks || cells.every((row) => row.length < 2) };
}

function rowsOf(table: HtmlNode): HtmlNode[] {
  return Array.from(table.childNodes).flatMap((child) => {
    if (child.nodeName === 'TR') return [child];
    return /^T(HEAD|BODY|FOOT)$/.test(child.nodeName) ? rowsOf(child) : [];
  });
}

function cellsOf(row: HtmlNode): HtmlNode[] {
  return Array.from(row.childNodes).filter(({ nodeName }) => /^T[DH]$/.test(nodeName));
}
