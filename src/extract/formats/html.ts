import { oneLine } from '../clean-text.js';
import { decodeText } from '../decode-text.js';
import type { ExtractedText } from '../extractor.js';
import { htmlToMarkdown } from './html-to-markdown.js';

const CHARSET_SAMPLE_BYTES = 1024;

/** A web page as Markdown; the title is the page's, else its first heading. */
export function readHtml(bytes: Uint8Array, charset?: string): ExtractedText {
  const { text: html, truncated } = decodeText(bytes, charset ?? declaredCharset(bytes));
  const body = htmlToMarkdown(html);
  return { text: body, title: titleOf(html) ?? firstHeading(body), truncated };
}

/** The charset that a page names for itself (HTML Standard, 13.2.3.2: in the first 1,024 bytes). */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, CHARSET_SAMPLE_BYTES)).toString('latin1');
  const charset = /<meta[^>]+charset\s*=\s*["']?([\w.:-]+)/i.exec(head)?.[1]?.toLowerCase();
  return charset ?? /^<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)/i.exec(head)?.[1]?.toLowerCase();
}

function titleOf(html: string): string | undefined {
  const raw = /<title(?:\s[^>]*)?>([^<]*)<\/title/i.exec(html)?.[1];
  if (!raw?.trim()) return undefined;
  return oneLine(htmlToMarkdown(`<p>${raw}</p>`)) || undefined;
}

function firstHeading(markdown: string): string | undefined {
  const heading = /^#{1,2} (.+)$/m.exec(markdown)?.[1];
  return heading?.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
