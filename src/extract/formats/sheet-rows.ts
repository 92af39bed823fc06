import { xmlAttribute, xmlText } from '../xml-text.js';
import { numberText, type NumberMeaning } from './number-formats.js';

export interface CellContext {
  sharedStrings: readonly string[];
  formats: readonly NumberMeaning[];
  is1904: boolean;
}

export type SheetRow = (readonly [column: number, text: string])[];

const ROW = /<(?:\w+:)?row(?:\s[^>]*?)?(?:\/>|>([^]*?)<\/(?:\w+:)?row>)/g;
const CELL = /<(?:\w+:)?c(\s[^>]*?)?(?:\/>|>([^]*?)<\/(?:\w+:)?c>)/g;
const VALUE = /<(?:\w+:)?v(?:\s[^>]*)?>([^]*?)<\/(?:\w+:)?v>/;
const STRING_ITEM = /<(?:\w+:)?si(?:\s[^>]*?)?(?:\/>|>([^]*?)<\/(?:\w+:)?si>)/g;
const PHONETIC = /<(?:\w+:)?rPh\b[^]*?<\/(?:\w+:)?rPh>/g;
const TEXT = /<(?:\w+:)?t(?:\s[^>]*?)?>([^]*?)<\/(?:\w+:)?t>/g;

/**
 * Yields the rows of a sheet as far as its XML goes; the XML may be cut off anywhere. Read row by
 * row and forgivingly (cells without place, in any order, far apart, of unknown types), because
 * programs write all of that, and one such cell must not cost the whole workbook.
 */
export function* sheetRows(xml: string, context: CellContext): Generator<SheetRow> {
  for (const row of xml.matchAll(ROW)) yield rowOf(row[1] ?? '', context);
}

/** The strings that cells refer to by number, without their pronunciation. */
export function sharedStrings(xml: string): string[] {
  return Array.from(xml.matchAll(STRING_ITEM), (item) => itemText(item[1] ?? ''));
}

function rowOf(xml: string, context: CellContext): SheetRow {
  const row: [number, string][] = [];
  let column = -1;
  for (const [, attributes = '', content = ''] of xml.matchAll(CELL)) {
    column = columnOf(xmlAttribute(attributes, 'r')) ?? column + 1;
    const text = cellText(attributes, content, context);
    if (text !== '') row.push([column, text]);
  }
  return row.sort(([left], [right]) => left - right);
}

/** `AB12` -> 27. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/i.exec(reference ?? '')?.[0].toUpperCase();
  if (!letters) return undefined;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** Types of cells: ECMA-376 part 1, 18.18.11. Error values (`#N/A`) are no text. */
function cellText(attributes: string, content: string, context: CellContext): string {
  if (content === '') return '';
  const type = xmlAttribute(attributes, 't') ?? 'n';
  if (type === 'inlineStr') return itemText(content);
  const value = xmlText(VALUE.exec(content)?.[1] ?? '');
  if (value === '' || type === 'e') return '';
  if (type === 's') return context.sharedStrings[Number(value)] ?? '';
  if (type === 'b') return value === '1' || value === 'true' ? 'true' : 'false';
  if (type !== 'n' || !Number.isFinite(Number(value))) return unescaped(value);
  const style = Number(xmlAttribute(attributes, 's') ?? -1);
  return numberText(Number(value), context.formats[style] ?? 'number', context.is1904);
}

function itemText(xml: string): string {
  const runs = xml.replace(PHONETIC, '').matchAll(TEXT);
  return unescaped(Array.from(runs, (run) => xmlText(run[1] ?? '')).join(''));
}

/** Characters that XML cannot hold are written as `_x000D_` (ECMA-376 part 1, 22.4.2.4). */
function unescaped(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9a-f]{4})_/gi, (_whole, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}
