import { decodeText } from '../decode-text.js';
import type { ExtractedText } from '../extractor.js';

const FRONT_MATTER = /^---[^\S\n]*\n([^]*?\n)?(?:---|\.\.\.)[^\S\n]*(?:\n|$)/;
const LONGEST_FRONT_MATTER = 64 * 1024;
/** Longer lines are no titles; it also bounds the work of the expressions below. */
const LONGEST_TITLE = 500;

/** A text file as it is. */
export function readPlainText(bytes: Uint8Array, charset?: string): ExtractedText {
  const { text, truncated } = decodeText(bytes, charset);
  return { text, truncated };
}

/**
 * A Markdown file without its YAML front matter. The title is the front matter's, else the first
 * heading of level one.
 */
export function readMarkdown(bytes: Uint8Array, charset?: string): ExtractedText {
  const { text: source, truncated } = decodeText(bytes, charset);
  const text = source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const front = FRONT_MATTER.exec(text.slice(0, LONGEST_FRONT_MATTER));
  const fields = front?.[1];
  // A rule at the top of a page looks like front matter; YAML has at least one `key:` line.
  const hasFields = fields !== undefined && /^[\w-]+\s*:/m.test(fields);
  const body = front && (hasFields || !fields?.trim()) ? text.slice(front[0].length) : text;
  const title = (hasFields ? scalarField(fields, 'title') : undefined) ?? firstHeading(body);
  // A page that is nothing but its title is still a page.
  return { text: body.trim() === '' && title ? title : body, title, truncated };
}

/** A field of YAML with a value on its own line: plain, 'single' or "double" quoted. */
function scalarField(yaml: string, name: string): string | undefined {
  const raw = new RegExp(`^${name}[^\\S\\n]*:[^\\S\\n]*(.+)$`, 'mi').exec(yaml)?.[1]?.trim();
  if (!raw || raw.length > LONGEST_TITLE || /^[|>[{&*]/.test(raw)) return undefined;
  const single = /^'((?:[^']|'')*)'/.exec(raw)?.[1];
  if (single !== undefined) return single.replaceAll("''", "'");
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(raw)?.[1];
  if (double !== undefined) return double.replace(/\\(["\\/])/g, '$1');
  return raw.replace(/\s+#.*$/, '');
}

function firstHeading(text: string): string | undefined {
  const isFence = /^(```|~~~)/;
  let inFence = false;
  for (const line of text.slice(0, LONGEST_FRONT_MATTER).split('\n')) {
    if (isFence.test(line)) inFence = !inFence;
    if (inFence || line.length > LONGEST_TITLE) continue;
    const heading = /^#[^\S\n]+(.+?)[^\S\n]*#*$/.exec(line)?.[1];
    if (heading) return heading;
  }
  return undefined;
}
