import type { Block } from './block.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

type Cutter = (source: string, range: Range) => Range[];

/**
 * Cuts a block that does not fit into one chunk: prose into sentences, anything else into lines;
 * what still does not fit into lines, runs of words and at last runs of characters, as scripts
 * without spaces need it. Ranges come in order and without surrounding white space.
 */
export function cutBlock(source: string, block: Block, fits: (range: Range) => boolean): Range[] {
  const cutters: Cutter[] =
    block.kind === 'prose'
      ? [atSentences, atLines, atWords, inHalves]
      : [atLines, atWords, inHalves];
  const pieces: Range[] = [];
  const cut = (range: Range, level: number): void => {
    const text = source.slice(range.start, range.end);
    const start = range.start + text.length - text.trimStart().length;
    const end = range.start + text.trimEnd().length;
    if (start >= end) return;
    const piece = { start, end };
    const cutter = cutters[Math.min(level, cutters.length - 1)]!;
    if (end - start <= SMALLEST || fits(piece)) pieces.push(piece);
    else for (const part of cutter(source, piece)) cut(part, level + 1);
  };
  cut(block, 0);
  return pieces;
}

/** Two UTF-16 units: one character at least, and halving it could part a surrogate pair. */
const SMALLEST = 2;
/** Characters that a run of words is to have: small beside a chunk, and few calls to count. */
const RUN = 64;
/** A word up to this length is kept whole: long links and paths are, encoded data is not. */
const LONGEST_WORD = 256;

// After a full stop with closing marks and white space; after an ideographic one; blank lines.
const SENTENCE_END = /(?<=[.!?…]["'”’)\]]{0,3})\s+|(?<=[。！？][」』）]?)(?![」』）])|\n[ \t]*\n/g;

function atSentences(source: string, { start, end }: Range): Range[] {
  const ranges: Range[] = [];
  let from = start;
  for (const found of source.slice(start, end).matchAll(SENTENCE_END)) {
    const to = start + found.index + found[0].length;
    if (to > from) ranges.push({ start: from, end: to });
    from = to;
  }
  ranges.push({ start: from, end });
  return ranges;
}

function atLines(source: string, { start, end }: Range): Range[] {
  const ranges: Range[] = [];
  for (let from = start; from < end;) {
    const feed = source.slice(from, end).indexOf('\n');
    const to = feed < 0 ? end : from + feed + 1;
    ranges.push({ start: from, end: to });
    from = to;
  }
  return ranges;
}

function atWords(source: string, { start, end }: Range): Range[] {
  const ranges: Range[] = [];
  for (let from = start; from < end;) {
    const to = runEnd(source, from, end);
    ranges.push({ start: from, end: to });
    from = to;
  }
  return ranges;
}

/** Where a run of words that begins at `from` ends, `end` at the latest. */
function runEnd(source: string, from: number, end: number): number {
  if (end - from <= RUN) return end;
  for (let at = from + RUN; at > from; at--) if (isSpace(source, at)) return at + 1;
  const limit = Math.min(end, from + LONGEST_WORD);
  for (let at = from + RUN + 1; at < limit; at++) if (isSpace(source, at)) return at;
  return limit === end ? end : beforePair(source, from + RUN);
}

function inHalves(source: string, { start, end }: Range): Range[] {
  const middle = beforePair(source, start + Math.ceil((end - start) / 2));
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

/** `at`, or one less where that would part a surrogate pair. */
function beforePair(source: string, at: number): number {
  const low = source.charCodeAt(at);
  const high = source.charCodeAt(at - 1);
  const parts = low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff;
  return parts ? at - 1 : at;
}

function isSpace(source: string, at: number): boolean {
  const code = source.charCodeAt(at);
  return code <= 0x20 || (code >= 0xa0 && /\s/.test(source.charAt(at)));
}
