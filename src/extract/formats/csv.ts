import { decodeText } from '../decode-text.js';
import type { ExtractedText } from '../extractor.js';
import { RowWriter } from '../rows-to-text.js';
import { TextWriter } from '../text-writer.js';

const SEPARATORS = [',', ';', '\t', '|'] as const;
const SAMPLE_LINES = 20;

/** A CSV or TSV file (RFC 4180, any of four separators) as one block per row. */
export function readCsv(bytes: Uint8Array, charset?: string): ExtractedText {
  const decoded = decodeText(bytes, charset);
  const text = decoded.text.replace(/^\ufeff/, '');
  const writer = new TextWriter();
  if (decoded.truncated) writer.cut(decoded.truncated);
  const rows = new RowWriter(writer);
  for (const row of parseCsv(text, guessSeparator(text))) {
    if (rows.full) break;
    rows.row(row.entries());
  }
  rows.end();
  return writer.finish();
}

/** Yields the rows. Quotes count only where a field starts with one, so stray ones stay text. */
export function* parseCsv(text: string, separator: string): Generator<string[]> {
  const field = new RegExp(
    `([^${escape(separator)}\\r\\n]*)(${escape(separator)}|\\r\\n?|\\n|$)`,
    'y',
  );
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"' ? readQuoted(text, at) : undefined;
    field.lastIndex = quoted?.end ?? at;
    const [whole = '', rest = '', stop = ''] = field.exec(text) ?? [];
    row.push((quoted?.value ?? '') + rest);
    at = (quoted?.end ?? at) + whole.length;
    if (stop === separator) continue;
    yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}

/** A quoted field from its opening quote on; undefined when no quote closes it. */
function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

/** The separator that splits the first lines most evenly, outside quotes. */
function guessSeparator(text: string): string {
  const lines = text
    .slice(0, 64 * 1024)
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, SAMPLE_LINES);
  let best: string = ',';
  let bestScore = 0;
  for (const separator of SEPARATORS) {
    const counts = lines.map((line) => line.split(separator).length - 1);
    const score = Math.min(...counts) * 1000 + Math.max(0, ...counts);
    if (lines.length > 0 && score > bestScore) [best, bestScore] = [separator, score];
  }
  return best;
}

function escape(character: string): string {
  return character === '|' ? '\\|' : character;
}
