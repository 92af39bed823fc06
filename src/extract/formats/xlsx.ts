import { oneLine } from '../clean-text.js';
import type { ExtractedText } from '../extractor.js';
import { MAX_SHARED_STRINGS_BYTES, MAX_SHEET_XML_BYTES, MAX_WORKBOOK_ROWS } from '../limits.js';
import type { OfficePackage } from '../office-package.js';
import { RowWriter } from '../rows-to-text.js';
import { TextWriter } from '../text-writer.js';
import { childOf, descendantsOf, relationshipIdOf, textOf, type XmlElement } from '../xml-tree.js';
import { drawingParagraphs } from './drawing-text.js';
import { readNumberFormats } from './number-formats.js';
import { sharedStrings, sheetRows, type CellContext } from './sheet-rows.js';

/** A workbook: each sheet under its name, a block per row, then comments and text boxes. */
export function readXlsx(office: OfficePackage): ExtractedText {
  const writer = new TextWriter();
  const workbook = office.tree(office.mainPart);
  const context = cellContext(office, workbook, writer);
  const targets = new Map(
    office.relationships(office.mainPart).map(({ id, target }) => [id, target]),
  );
  const left = { bytes: MAX_SHEET_XML_BYTES, rows: MAX_WORKBOOK_ROWS };
  for (const sheet of descendantsOf(workbook, 'sheet')) {
    const part = targets.get(relationshipIdOf(sheet) ?? '');
    if (!part || !office.has(part) || writer.full) continue;
    writeSheet(sheet.attributes.name ?? '', prefixOf(office, part, left, writer), {
      context,
      left,
      writer,
    });
  }
  writeRemarks(office, writer);
  return writer.finish(office.title());
}

function cellContext(office: OfficePackage, workbook: XmlElement, writer: TextWriter): CellContext {
  const [strings] = office.related(office.mainPart, 'sharedStrings');
  const [styles] = office.related(office.mainPart, 'styles');
  const left = { bytes: MAX_SHARED_STRINGS_BYTES };
  const is1904 = childOf(workbook, 'workbookPr')?.attributes.date1904 ?? '';
  return {
    sharedStrings: strings ? sharedStrings(prefixOf(office, strings, left, writer)) : [],
    formats: styles ? readNumberFormats(office.xml(styles)) : [],
    is1904: is1904 === '1' || is1904 === 'true',
  };
}

/** The XML of a part as far as the limit allows. */
function prefixOf(
  office: OfficePackage,
  part: string,
  left: { bytes: number },
  writer: TextWriter,
): string {
  const xml = office.xml(part, left.bytes);
  if (office.size(part) > left.bytes) {
    writer.cut(`the workbook has more than ${MAX_SHEET_XML_BYTES / 1024 ** 2} MiB of cells`);
  }
  left.bytes = Math.max(0, left.bytes - office.size(part));
  return xml;
}

function writeSheet(
  name: string,
  xml: string,
  to: { context: CellContext; left: { rows: number }; writer: TextWriter },
): void {
  const rows = new RowWriter(to.writer);
  let isEmpty = true;
  for (const row of sheetRows(xml, to.context)) {
    if (row.length === 0) continue;
    if (to.left.rows-- <= 0) {
      to.writer.cut(`the workbook has more than ${MAX_WORKBOOK_ROWS.toLocaleString('en')} rows`);
      break;
    }
    if (isEmpty) to.writer.block(`## ${oneLine(name)}`);
    isEmpty = false;
    rows.row(row);
    if (rows.full) break;
  }
  rows.end();
}

/** Comments on cells and text in drawings, wherever the writing program put their parts. */
function writeRemarks(office: OfficePackage, writer: TextWriter): void {
  for (const part of office.names().filter((name) => name.endsWith('.xml'))) {
    if (/^xl\/(comments|threadedComments)/.test(part)) {
      for (const comment of descendantsOf(office.tree(part), 'text')) {
        writer.block(`Comment: ${oneLine(textOf(comment))}`);
      }
    } else if (/^xl\/drawings\/drawing/.test(part)) {
      for (const { text } of drawingParagraphs(office.tree(part))) writer.block(text);
    }
  }
}
