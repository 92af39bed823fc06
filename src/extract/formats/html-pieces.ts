/** Pieces that are converted at a time, in characters. */
const PIECE_CHARS = 16 * 1024;
/** A list or table is kept whole up to this many characters. */
const WHOLE_CHARS = 3 * PIECE_CHARS;

/** Elements whose content is never text of the page. */
const NEVER_TEXT = /<(script|style|template|noscript|svg|nav)\b|<!--/gi;
/** Ends of blocks, and starts and ends of what should stay together. */
const BOUNDARY = /<(\/?)(table|ul|ol|dl|pre|tr|li|dd|p|div|section|article|h[1-6])\b[^>]*>/gi;
const KEPT_WHOLE = new Set(['table', 'ul', 'ol', 'dl', 'pre']);

/**
 * Splits a page at the ends of its blocks. The converter's time grows with the square of what it
 * is given at once, and its memory with all of it: pieces keep a page of any size cheap.
 */
export function splitHtml(html: string): string[] {
  const source = withoutNonText(html);
  const pieces: string[] = [];
  const open: string[] = [];
  let start = 0;
  let prefix = '';
  for (const tag of source.matchAll(BOUNDARY)) {
    const isEnd = tag[1] === '/';
    const name = tag[2]!.toLowerCase();
    const isKept = KEPT_WHOLE.has(name);
    if (isEnd && isKept && open.includes(name)) open.length = open.lastIndexOf(name);
    // The page can be split behind an end tag, and in front of a start tag, which opens later.
    const end = isEnd ? tag.index + tag[0].length : tag.index;
    const size = end - start;
    const isInsideRow = open.at(-1) === 'table' && !(isEnd && name === 'tr');
    const isGoodEnd = isEnd && open.length === 0 && size >= PIECE_CHARS;
    if (isGoodEnd || (size >= WHOLE_CHARS && !isInsideRow)) {
      pieces.push(prefix + source.slice(start, end));
      // Rows outside of a table would lose their cells; other elements can stand alone.
      prefix = open.includes('table') ? '<table>' : '';
      start = end;
    }
    if (!isEnd && isKept) open.push(name);
  }
  pieces.push(prefix + source.slice(start));
  return pieces;
}

/** The page without scripts, styles, drawings, navigation and comments. */
function withoutNonText(html: string): string {
  const kept: string[] = [];
  const unclosed = new Set<string>();
  let from = 0;
  NEVER_TEXT.lastIndex = 0;
  for (let found = NEVER_TEXT.exec(html); found; found = NEVER_TEXT.exec(html)) {
    const name = found[1]?.toLowerCase() ?? '--';
    if (unclosed.has(name)) continue;
    const closer = name === '--' ? /-->/g : new RegExp(`</${name}\\s*>`, 'gi');
    closer.lastIndex = found.index;
    // An unclosed element is left to the parser; looking for its end again would be for nothing.
    if (!closer.exec(html)) {
      unclosed.add(name);
      continue;
    }
    kept.push(html.slice(from, found.index));
    from = closer.lastIndex;
    NEVER_TEXT.lastIndex = from;
  }
  kept.push(html.slice(from));
  return kept.join('');
}
