import { ExtractionError } from './extractor.js';

/**
 * The ways of reading a file. `office` covers Word, Excel and PowerPoint: which one it is shows only
 * inside the zip container, which is opened in the child process.
 */
export type Format = 'text' | 'markdown' | 'csv' | 'html' | 'pdf' | 'office';

/**
 * Formats in which a file without any text is simply an empty file, not one that hides its text
 * (a scan, a drawing).
 */
const MAY_BE_BLANK: ReadonlySet<Format> = new Set<Format>(['text', 'markdown', 'csv', 'html']);

export const mayBeBlank = (format: Format): boolean => MAY_BE_BLANK.has(format);

const OOXML = 'application/vnd.openxmlformats-officedocument';
const MACRO = 'macroenabled.12';

const FORMAT_OF: Readonly<Record<string, Format>> = {
  'text/plain': 'text',
  'application/json': 'text',
  'application/xml': 'text',
  'application/yaml': 'text',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'application/pdf': 'pdf',
  'application/x-pdf': 'pdf',
  [`${OOXML}.wordprocessingml.document`]: 'office',
  [`${OOXML}.wordprocessingml.template`]: 'office',
  [`application/vnd.ms-word.document.${MACRO}`]: 'office',
  [`application/vnd.ms-word.template.${MACRO}`]: 'office',
  [`${OOXML}.spreadsheetml.sheet`]: 'office',
  [`${OOXML}.spreadsheetml.template`]: 'office',
  [`application/vnd.ms-excel.sheet.${MACRO}`]: 'office',
  [`application/vnd.ms-excel.template.${MACRO}`]: 'office',
  [`${OOXML}.presentationml.presentation`]: 'office',
  [`${OOXML}.presentationml.slideshow`]: 'office',
  [`${OOXML}.presentationml.template`]: 'office',
  [`application/vnd.ms-powerpoint.presentation.${MACRO}`]: 'office',
  [`application/vnd.ms-powerpoint.slideshow.${MACRO}`]: 'office',
};

/** Media types (without parameters, lower case) that yield text; other `text/*` types do too. */
export const SUPPORTED_MEDIA_TYPES: readonly string[] = Object.keys(FORMAT_OF);

const FORMAT_OF_EXTENSION: Readonly<Record<string, Format>> = {
  md: 'markdown',
  markdown: 'markdown',
  csv: 'csv',
  tsv: 'csv',
  html: 'html',
  htm: 'html',
};

/** Types that say nothing: then the content and the file name decide. */
const VAGUE = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'unknown/unknown']);

const SIGNATURES: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['a PNG image', 0x89, 0x50, 0x4e, 0x47],
  ['a JPEG image', 0xff, 0xd8, 0xff],
  ['a GIF image', 0x47, 0x49, 0x46, 0x38],
  ['a gzip archive', 0x1f, 0x8b, 0x08],
  ['a 7z archive', 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
  ['a RAR archive', 0x52, 0x61, 0x72, 0x21, 0x1a],
  ['a program', 0x7f, 0x45, 0x4c, 0x46],
  ['an SQLite database', 0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66],
  ['an RTF document', 0x7b, 0x5c, 0x72, 0x74, 0x66],
];

/** `text/plain; charset="Shift_JIS"` -> type `text/plain`, charset `shift_jis`. */
export function parseMediaType(value: string): { type: string; charset?: string } {
  const [type = '', ...parameters] = value.toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  return { type: type.trim(), ...(charset && { charset }) };
}

/**
 * How a file is to be read. Its first bytes win over the declared type, since sources guess types
 * from names.
 * @throws ExtractionError `corrupt`, `empty`, `encrypted`, `unsupported_media_type`
 */
export function detectFormat(bytes: Uint8Array, mediaType: string, fileName = ''): Format {
  const { type } = parseMediaType(mediaType);
  const content = contentFormat(bytes, type);
  if (content) return content;

  const declared = declaredFormat(type, fileName);
  if (startsLikeHtml(bytes) && declared !== 'markdown' && type !== 'text/plain') return 'html';
  if (declared === 'office' || declared === 'pdf') {
    if (bytes.length === 0) throw new ExtractionError('empty', 'The file has no content.');
    throw new ExtractionError('corrupt', 'The beginning of the file is not that of its type.');
  }
  if (declared) return declared;
  throw new ExtractionError('unsupported_media_type', `Files of type ${type} are not supported.`);
}

/** What the type says and, where it says little, the name. */
function declaredFormat(type: string, fileName: string): Format | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const isVague = VAGUE.has(type);
  return (
    (type === 'text/plain' || isVague ? FORMAT_OF_EXTENSION[extension] : undefined) ??
    FORMAT_OF[type] ??
    (isVague || (type.startsWith('text/') && type !== 'text/rtf') ? 'text' : undefined)
  );
}

function contentFormat(bytes: Uint8Array, type: string): Format | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024));
  // Readers accept a PDF header anywhere in the first 1,024 bytes (ISO 32000-1, Annex H, note 13),
  // but text that mentions it must not become a PDF.
  const header = head.indexOf('%PDF-');
  const isText = type.startsWith('text/');
  if (header >= 0 && (!isText || head.toString('latin1', 0, header).trim() === '')) return 'pdf';
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04]) || startsWith(bytes, [0x50, 0x4b, 0x05, 0x06])) {
    return 'office';
  }
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])) rejectCompound(bytes);
  for (const [name, ...signature] of SIGNATURES) {
    if (startsWith(bytes, signature)) {
      throw new ExtractionError('unsupported_media_type', `The file is ${name}.`);
    }
  }
  return undefined;
}

/**
 * An OLE compound file is either an encrypted Office document (its stream "EncryptedPackage", named
 * in UTF-16; [MS-OFFCRYPTO] 2.3.4) or a document of Office 97-2003.
 */
function rejectCompound(bytes: Uint8Array): never {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.includes(Buffer.from('EncryptedPackage', 'utf16le'))) {
    throw new ExtractionError('encrypted', 'The Office document is protected by a password.');
  }
  throw new ExtractionError(
    'unsupported_media_type',
    'The file has the format of Office 97-2003; save it as .docx, .xlsx or .pptx.',
  );
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

function startsLikeHtml(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512));
  return /^[\s\u00ef\u00bb\u00bf]*(?:<!--[^]*?-->\s*)?<(?:!doctype\s+html|html[\s>])/i.test(
    head.toString('latin1'),
  );
}
