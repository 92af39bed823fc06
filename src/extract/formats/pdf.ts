import { getDocumentProxy } from 'unpdf';
import { ExtractionError, type ExtractedText } from '../extractor.js';
import { MAX_PDF_PAGES } from '../limits.js';
import { TextWriter } from '../text-writer.js';
import { layoutPage, type TextItem } from './pdf-layout.js';

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;
type PdfPage = Awaited<ReturnType<PdfDocument['getPage']>>;

/** Titles that programs put in by themselves, and file names. */
const DEFAULT_TITLE =
  /^\(?(untitled|anonymous|unspecified|title)\)?$|\.(docx?|pdf|indd|qxd|dvi|tex)$/i;

/** pdf.js reports problems of a file on the console unless told not to (VerbosityLevel.ERRORS). */
const ERRORS_ONLY = 0;

/** A PDF page by page, with the contents of its form fields and comments. */
export async function readPdf(bytes: Uint8Array): Promise<ExtractedText> {
  const pdf = await open(bytes);
  const writer = new TextWriter();
  const pages = Math.min(pdf.numPages, MAX_PDF_PAGES);
  const broken: Error[] = [];
  let read = 0;
  for (let number = 1; number <= pages && !writer.full; number++) {
    try {
      const page = await pdf.getPage(number);
      writer.block(await pageText(page));
      page.cleanup();
      read++;
    } catch (error) {
      broken.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  const [first] = broken;
  if (read === 0 && first) throw first;
  const [total, most] = [pdf.numPages, pages].map((count) => count.toLocaleString('en'));
  if (pdf.numPages > pages) writer.cut(`only the first ${most} of ${total} pages were read`);
  if (first) writer.cut(`${broken.length} of ${total} pages are damaged`);
  const result = writer.finish(await titleOf(pdf));
  if (result.text === '') {
    throw new ExtractionError('empty', 'The PDF contains no text; it may be a scan.');
  }
  return result;
}

async function open(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    // Without fonts of the system and without fetching, the result depends on the file alone.
    return await getDocumentProxy(bytes, {
      verbosity: ERRORS_ONLY,
      useSystemFonts: false,
      stopAtErrors: false,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new ExtractionError('encrypted', 'The PDF is protected by a password.');
    }
    throw error;
  }
}

async function pageText(page: PdfPage): Promise<string> {
  const { items } = await page.getTextContent();
  const text = layoutPage(items.filter((item): item is TextItem & typeof item => 'str' in item));
  return [text, ...(await annotationTexts(page))].join('\n\n');
}

/** What people typed into form fields and comments is not part of the page's content stream. */
async function annotationTexts(page: PdfPage): Promise<string[]> {
  const annotations = (await page.getAnnotations()) as Record<string, unknown>[];
  return annotations.flatMap((annotation) => {
    const { subtype, fieldName, fieldValue } = annotation;
    if (subtype === 'Widget') {
      const isText = typeof fieldValue === 'string' && fieldValue.trim() !== '';
      return isText && fieldValue !== 'Off' ? [`${String(fieldName)}: ${fieldValue}`] : [];
    }
    const contents = (annotation.contentsObj as { str?: string } | undefined)?.str?.trim();
    return contents && subtype !== 'Link' ? [`Comment: ${contents}`] : [];
  });
}

async function titleOf(pdf: PdfDocument): Promise<string | undefined> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }));
  const raw = (info as { Title?: unknown }).Title;
  if (typeof raw !== 'string') return undefined;
  const title = raw.replace(/^Microsoft (Word|PowerPoint|Excel) - /, '').trim();
  return title && !DEFAULT_TITLE.test(title) ? title : undefined;
}
