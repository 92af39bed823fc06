import type { Block } from './block.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

type Cutter = (source: string, range: Range) => Iterable<Range>;

/**
 * Cuts a block that does not fit into one chunk: prose into sentences, anything else into lines;
 * what still does not fit into lines, runs of words and at last runs of characters, as scripts
 * without spaces need it. Pieces come in order, without surrounding white space, each as it was
 * measured.
 */
export function* cutBlock<T extends Range>(
  source: string,
  block: Block,
  measure: (range: Range) => T,
  fits: (piece: T) => boolean,
): Generator<T> {
  const cutters: Cutter[] =
    block.kind === 'prose'
      ? [atSentences, atLines, atWords, inHalves]
      : [atLines, atWords, inHalves];
  function* cut(range: Range, level: number): Generator<T> {
    const text = source.slice(range.start, range.end);
    const start = range.start + text.length - text.trimStart().length;
    const end = range.start + text.trimEnd().length;
    if (start >= end) return;
    const piece = measure({ start, end });
    const cutter = cutters[Math.min(level, cutters.length - 1)]!;
    if (end - start <= SMALLEST || fits(piece)) yield piece;
    else for (const part of cutter(source, piece)) yield* cut(part, level + 1);
  }
  yield* cut(block, 0);
}

/** Two UTF-16 units: one character at least, and halving it could part a surrogate pair. */
const SMALLEST = 2;
/** Characters that a run of words is to have: small beside a chunk, and few calls to count. */
const RUN = 64;
/** A word up to this length is kept whole: long links and paths are, encoded data is not. */
const LONGEST_WORD = 256;

// After a full stop with closing marks and white space; after an ideographic one; blank lines.
// The first begins with what it is looked for by: a look back from every character is slow.
const SENTENCE_END =
  /\s(?<=[.!?…]["'”’)\]]{0,3}\s)\s*|(?<=[。！？][」』）]?)(?![」』）])|\n[ \t]*\n/g;

function* atSentences(source: string, { start, end }: Range): Generator<Range> {
  let from = start;
  for (const found of source.slice(start, end).matchAll(SENTENCE_END)) {
    const to = start + found.index + found[0].length;
    if (to > from) yield { start: from, end: to };
    from = to;
  }
  yield { start: from, end };
}

function* atLines(source: string, { start, end }: Range): Generator<Range> {
  for (let from = start; from < end;) {
    const feed = source.slice(from, end).indexOf('\n');
    const to = feed < 0 ? end : from + feed + 1;
    yield { start: from, end: to };
    from = to;
  }
}

function* atWords(source: string, { start, end }: Range): Generator<Range> {
  for (let from = start; from < end;) {
    const to = runEnd(source, from, end);
    yield { start: from, end: to };
    from = to;
  }
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
