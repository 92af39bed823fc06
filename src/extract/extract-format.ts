import { finishText } from './clean-text.js';
import { ExtractionError, type ExtractedText } from './extractor.js';
import { readMarkdown, readPlainText } from './formats/plain-text.js';
import { mayBeBlank, type Format } from './media-types.js';

/**
 * Reads a file in this process. Libraries load on first use, so that a child holds only those of
 * the formats that it met.
 * @throws ExtractionError always, whatever a library throws
 */
export async function extractFormat(
  format: Format,
  bytes: Uint8Array,
  charset?: string,
): Promise<ExtractedText> {
  try {
    const extracted = finishText(await read(format, bytes, charset));
    if (extracted.text === '' && !mayBeBlank(format)) throw new ExtractionError('empty');
    return extracted;
  } catch (error) {
    throw toExtractionError(error);
  }
}

async function read(format: Format, bytes: Uint8Array, charset?: string): Promise<ExtractedText> {
  switch (format) {
    case 'text':
      return readPlainText(bytes, charset);
    case 'markdown':
      return readMarkdown(bytes, charset);
    case 'csv':
      return (await import('./formats/csv.js')).readCsv(bytes, charset);
    case 'html':
      return (await import('./formats/html.js')).readHtml(bytes, charset);
    case 'pdf':
      return (await import('./formats/pdf.js')).readPdf(bytes);
    case 'office':
      return readOffice(bytes);
  }
}

async function readOffice(bytes: Uint8Array): Promise<ExtractedText> {
  const { OfficePackage } = await import('./office-package.js');
  const office = new OfficePackage(bytes);
  switch (office.kind) {
    case 'docx':
      return (await import('./formats/docx.js')).readDocx(office);
    case 'xlsx':
      return (await import('./formats/xlsx.js')).readXlsx(office);
    case 'pptx':
      return (await import('./formats/pptx.js')).readPptx(office);
  }
}

function toExtractionError(error: unknown): ExtractionError {
  if (error instanceof ExtractionError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) {
    return /allocation|string length|array length/i.test(reason)
      ? new ExtractionError('memory_limit', undefined, { cause: error })
      : new ExtractionError('corrupt', 'The file is nested too deeply.', { cause: error });
  }
  const short = reason.replace(/\s+/g, ' ').slice(0, 200);
  return new ExtractionError('corrupt', `The file is damaged: ${short}`, { cause: error });
}
