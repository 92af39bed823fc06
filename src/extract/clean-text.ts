import type { ExtractedText } from './extractor.js';
import { MAX_TEXT_CHARS } from './limits.js';

const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Control characters (C0, DEL, C1) but tab and newline. */
const CONTROL = /[^\P{Cc}\t\n]/gu;
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/g;

/**
 * Text that every later stage can store: `\n` line ends, no control characters (PostgreSQL refuses
 * NUL), no lone surrogates, no soft hyphens or zero-width spaces, which would hide words from search.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(LONE_SURROGATE, '\ufffd');
}

/** One line without runs of white space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * Without empty lines in front and white space behind. Not one expression with `\\s+$`, which takes
 * quadratic time on long runs of white space: this also runs in the process that serves requests.
 */
export function trimBlock(text: string): string {
  return text.trimEnd().replace(/^\n+/, '');
}

/** The result of an extraction: cleaned, cut to the limit. */
export function finishText(raw: ExtractedText): ExtractedText {
  const title = oneLine(cleanText(raw.title ?? '')).slice(0, 500) || undefined;
  const reasons = raw.truncated ? [raw.truncated] : [];
  let source = raw.text;
  if (source.length > MAX_TEXT_CHARS) {
    source = source.slice(0, MAX_TEXT_CHARS);
    reasons.push(`the text is longer than ${MAX_TEXT_CHARS.toLocaleString('en')} characters`);
  }
  const lines = cleanText(source)
    .split('\n')
    .map((line) => line.trimEnd());
  const text = trimBlock(lines.join('\n'));
  const truncated = reasons.join('; ');
  return { text, ...(title && { title }), ...(truncated && { truncated }) };
}
