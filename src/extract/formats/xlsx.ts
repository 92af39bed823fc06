import { strToU8, zipSync, type Zippable } from 'fflate';
import readWorkbook from 'read-excel-file/universal';
import { oneLine } from '../clean-text.js';
import type { ExtractedText } from '../extractor.js';
import { MAX_SHEET_XML_BYTES, MAX_WORKBOOK_ROWS } from '../limits.js';
import type { OfficePackage } from '../office-package.js';
import { RowWriter } from '../rows-to-text.js';
import { TextWriter } from '../text-writer.js';
import { descendantsOf, textOf } from '../xml-tree.js';
import { drawingParagraphs } from './drawing-text.js';

type Cell = string | number | boolean | Date | null | undefined;

/** A workbook: each sheet under its name, a block per row, then comments and text boxes. */
export async function readXlsx(office: OfficePackage): Promise<ExtractedText> {
  const writer = new TextWriter();
  const sheets = await readWorkbook(repack(office, writer));
  for (const { sheet, data } of sheets) {
    if (data.length === 0 || writer.full) continue;
    writer.block(`## ${oneLine(sheet)}`);
    const rows = new RowWriter(writer);
    for (const row of data) rows.row((row as Cell[]).map(cellText));
    rows.end();
  }
  for (const part of office.names().filter((name) => name.endsWith('.xml'))) {
    // Writers disagree on the places: comments1.xml, comments/comment1.xml, threadedComments/...
    if (/^xl\/(comments|threadedComments)/.test(part)) {
      for (const comment of descendantsOf(office.tree(part), 'text')) {
        writer.block(`Comment: ${oneLine(textOf(comment))}`);
      }
    } else if (/^xl\/drawings\/drawing/.test(part)) {
      for (const { text } of drawingParagraphs(office.tree(part))) writer.block(text);
    }
  }
  return writer.finish(office.title());
}

/** A container of only the sheets and what they need, each sheet cut to its share of the limits. */
function repack(office: OfficePackage, writer: TextWriter): ArrayBuffer {
  const parts: Zippable = {};
  const left = { bytes: MAX_SHEET_XML_BYTES, rows: MAX_WORKBOOK_ROWS };
  for (const name of office.names()) {
    if (/^xl\/worksheets\/[^/]+\.xml$/.test(name)) {
      const sheet = cutSheet(office.xml(name, left.bytes + 1), left.bytes, left.rows);
      if (sheet.cutBy) writer.cut(`the workbook has more than ${sheet.cutBy}`);
      left.bytes = Math.max(0, left.bytes - sheet.xml.length);
      left.rows -= sheet.rows;
      parts[name] = strToU8(sheet.xml);
    } else if (/^(\[Content_Types\]\.xml|_rels\/.*|xl\/_rels\/.*|xl\/[^/]+\.xml)$/.test(name)) {
      parts[name] = strToU8(office.xml(name));
    }
  }
  return zipSync(parts, { level: 0 }).buffer;
}

interface CutSheet {
  xml: string;
  rows: number;
  /** The limit that the sheet passes, or undefined for a whole one. */
  cutBy: string | undefined;
}

/** The sheet up to the last row within the limits, closed so that it is whole XML again. */
function cutSheet(xml: string, maxBytes: number, maxRows: number): CutSheet {
  const rowEnd = /<\/((?:\w+:)?)row>|<(?:\w+:)?row\b[^>]*\/>/g;
  let rows = 0;
  let end = 0;
  let prefix = '';
  let cutBy = xml.length > maxBytes ? `${MAX_SHEET_XML_BYTES / 1024 ** 2} MiB of rows` : undefined;
  for (let found = rowEnd.exec(xml); found; found = rowEnd.exec(xml)) {
    if (rowEnd.lastIndex > maxBytes) break;
    if (rows === maxRows) {
      cutBy ??= `${MAX_WORKBOOK_ROWS.toLocaleString('en')} rows`;
      break;
    }
    rows++;
    end = rowEnd.lastIndex;
    prefix = found[1] ?? prefix;
  }
  if (!cutBy) return { xml, rows, cutBy };
  if (rows === 0) return { xml: '<worksheet><sheetData/></worksheet>', rows, cutBy };
  return { xml: `${xml.slice(0, end)}</${prefix}sheetData></${prefix}worksheet>`, rows, cutBy };
}

/** Numbers without binary noise, dates in ISO 8601 (date, time, or both; Excel has no zones). */
function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return isoDate(cell);
  if (typeof cell === 'number') return String(Number(cell.toPrecision(15)));
  return String(cell);
}

function isoDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return '';
  // Serial numbers are fractions of a day, so that 10:30 may read as 10:29:59.999.
  const [day = '', time = ''] = new Date(Math.round(date.getTime() / 1000) * 1000)
    .toISOString()
    .slice(0, 19)
    .split('T');
  // Serial numbers below one are times without a day.
  if (day.startsWith('1899-12-3')) return time;
  return time === '00:00:00' ? day : `${day}T${time}`;
}
