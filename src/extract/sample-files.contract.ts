/**
 * Files for the tests of every reader, made here byte by byte: nothing binary is kept in the
 * project, and each test shows what its file contains.
 */
import { strToU8, zipSync, type Zippable } from 'fflate';

const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const SHEET_STRICT = 'http://purl.oclc.org/ooxml/spreadsheetml/main';
const SLIDE = 'http://schemas.openxmlformats.org/presentationml/2006/main';
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006/main';

export type Parts = Record<string, string | Uint8Array>;

export function zip(parts: Parts, level: 0 | 9 = 9): Uint8Array {
  const entries: Zippable = {};
  for (const [name, content] of Object.entries(parts)) {
    entries[name] = typeof content === 'string' ? strToU8(content) : content;
  }
  return zipSync(entries, { level });
}

/** A relationships part; targets are given as `[type, target]` and get the ids rId1, rId2 ... */
export function rels(...targets: (readonly [type: string, target: string])[]): string {
  const items = targets.map(([type, target], i) => {
    const base = type === 'core-properties' ? `${PACKAGE}/relationships/metadata` : RELATIONSHIPS;
    return `<Relationship Id="rId${i + 1}" Type="${base}/${type}" Target="${target}"/>`;
  });
  return `<Relationships xmlns="${PACKAGE}/relationships">${items.join('')}</Relationships>`;
}

function office(
  mainPart: string,
  title: string | undefined,
  parts: Parts,
  level?: 0 | 9,
): Uint8Array {
  const all = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"/>`,
    '_rels/.rels': rels(['officeDocument', mainPart], ['core-properties', 'docProps/core.xml']),
    'docProps/core.xml': `<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title ?? ''}</dc:title></cp:coreProperties>`,
    ...parts,
  };
  return zip(all, level);
}

export interface DocxContent {
  body: string;
  title?: string;
  /** Further parts below word/, with the relationships that lead to them. */
  parts?: Parts;
  related?: (readonly [type: string, target: string])[];
}

export function docx({ body, title, parts = {}, related = [] }: DocxContent): Uint8Array {
  return office('word/document.xml', title, {
    'word/document.xml': `<w:document xmlns:w="${WORD}" xmlns:r="${RELATIONSHIPS}"
      xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><w:body>${body}</w:body></w:document>`,
    'word/_rels/document.xml.rels': rels(...related),
    ...parts,
  });
}

/** A paragraph of Word, of a style such as `Heading1`. */
export function paragraph(text: string, style?: string): string {
  const properties = style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : '';
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

/** A part of Word with another root, such as `hdr` or `comments`. */
export function wordPart(root: string, content: string): string {
  return `<w:${root} xmlns:w="${WORD}">${content}</w:${root}>`;
}

/** Style 1 shows a number as a date. */
export type SampleCell = string | number | { serial: number } | null;

export interface XlsxContent {
  sheets: Record<string, SampleCell[][]>;
  title?: string;
  strict?: boolean;
  /** 0 only stores the parts: packing megabytes takes long under the test runner. */
  level?: 0 | 9;
  parts?: Parts;
}

export function xlsx({ sheets, title, strict, level, parts = {} }: XlsxContent): Uint8Array {
  const namespace = strict ? SHEET_STRICT : SHEET;
  const names = Object.keys(sheets);
  const files: Parts = {
    'xl/workbook.xml': `<workbook xmlns="${namespace}" xmlns:r="${RELATIONSHIPS}"><sheets>${names
      .map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': rels(
      ...names.map((_name, i) => ['worksheet', `worksheets/sheet${i + 1}.xml`] as const),
      ['styles', 'styles.xml'],
    ),
    'xl/styles.xml': `<styleSheet xmlns="${namespace}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`,
  };
  Object.values(sheets).forEach((rows, i) => {
    files[`xl/worksheets/sheet${i + 1}.xml`] =
      `<worksheet xmlns="${namespace}"><sheetData>${rows.map(sheetRow).join('')}</sheetData></worksheet>`;
  });
  return office('xl/workbook.xml', title, { ...files, ...parts }, level);
}

function sheetRow(cells: SampleCell[], index: number): string {
  const row = index + 1;
  const xml = cells.map((cell, column) => {
    const at = `${String.fromCharCode(65 + column)}${row}`;
    if (cell === null) return '';
    if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`;
    if (typeof cell === 'object') return `<c r="${at}" s="1"><v>${cell.serial}</v></c>`;
    return `<c r="${at}" t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${row}">${xml.join('')}</row>`;
}

export interface PptxContent {
  /** Content of each slide's shape tree. */
  slides: string[];
  title?: string;
  parts?: Parts;
  /** Relationships of the first slide. */
  related?: (readonly [type: string, target: string])[];
}

export function pptx({ slides, title, parts = {}, related = [] }: PptxContent): Uint8Array {
  const files: Parts = {
    // Relationships are numbered backwards, so that only the list of slides tells their order.
    'ppt/presentation.xml': `<p:presentation xmlns:p="${SLIDE}" xmlns:r="${RELATIONSHIPS}"><p:sldIdLst>${slides
      .map((_slide, i) => `<p:sldId id="${256 + i}" r:id="rId${slides.length - i}"/>`)
      .join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': rels(
      ...slides.map((_slide, i) => ['slide', `slides/slide${slides.length - i}.xml`] as const),
    ),
    'ppt/slides/_rels/slide1.xml.rels': rels(...related),
  };
  slides.forEach((slide, i) => (files[`ppt/slides/slide${i + 1}.xml`] = slidePart('sld', slide)));
  return office('ppt/presentation.xml', title, { ...files, ...parts });
}

/** A slide (`sld`) or a page of notes (`notes`). */
export function slidePart(root: 'sld' | 'notes', shapes: string): string {
  return `<p:${root} xmlns:p="${SLIDE}" xmlns:a="${DRAWING}" xmlns:r="${RELATIONSHIPS}"><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:${root}>`;
}

/** A shape with a paragraph per text, in a placeholder where a type is given. */
export function shape(texts: string[], placeholder?: string): string {
  const type = placeholder ? `<p:ph type="${placeholder}"/>` : '';
  const paragraphs = texts.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`);
  return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr>${type}</p:nvPr></p:nvSpPr><p:txBody>${paragraphs.join('')}</p:txBody></p:sp>`;
}

export interface PdfLine {
  text: string;
  x?: number;
  y: number;
  size?: number;
}

export interface PdfContent {
  pages: PdfLine[][];
  title?: string;
  /** Adds an encryption dictionary for which no empty password fits. */
  encrypted?: boolean;
}

/** A PDF of Latin-1 text in Helvetica, with a correct cross-reference table. */
export function pdf({ pages, title, encrypted }: PdfContent): Uint8Array {
  const kids = pages.map((_page, i) => `${4 + 2 * i} 0 R`).join(' ');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${pages.length}/Kids[${kids}]>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>',
  ];
  pages.forEach((lines, i) => {
    const content = lines
      .map(({ text, x = 72, y, size = 11 }) => `BT /F1 ${size} Tf ${x} ${y} Td (${text}) Tj ET`)
      .join('\n');
    objects.push(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * i} 0 R>>`,
      `<</Length ${content.length}>>stream\n${content}\nendstream`,
    );
  });
  objects.push(`<</Title(${title ?? ''})>>`);
  const info = objects.length;
  const password = '5a'.repeat(32);
  if (encrypted) objects.push(`<</Filter/Standard/V 1/R 2/P -4/O<${password}>/U<${password}>>>`);

  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const encryption = encrypted ? `/Encrypt ${objects.length} 0 R/ID[<00><00>]` : '';
  file +=
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}` +
    `trailer<</Size ${objects.length + 1}/Root 1 0 R/Info ${info} 0 R${encryption}>>\n` +
    `startxref\n${file.length}\n%%EOF`;
  return Buffer.from(file, 'latin1');
}

/** The container with another unpacked size for each entry in its central directory. */
export function withClaimedSize(container: Uint8Array, claimedBytes: number): Uint8Array {
  const copy = Buffer.from(container);
  const header = Buffer.from([0x50, 0x4b, 0x01, 0x02]);
  for (let at = copy.indexOf(header); at >= 0; at = copy.indexOf(header, at + 1)) {
    copy.writeUInt32LE(claimedBytes, at + 24);
  }
  return copy;
}
