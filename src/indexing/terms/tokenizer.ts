/**
 * Splits a text into the words that the text arm of search knows: NFKC, accents off, lower case,
 * runs of letters and digits. Stop words are still in. What an apostrophe ties to a word (a
 * possessive `'s`, the `'d` of "I'd", the `'m` of "I'm") is dropped: as a word of its own it would
 * match initials and code, which costs CACM 0.009 nDCG@10.
 *
 * Two additions for other scripts, neither of which changes an English text:
 * - a combining mark stays with the letter before it, else words of Indic scripts, whose vowels
 *   are marks, would fall apart;
 * - scripts written without spaces, and Hangul, whose particles stick to the word, become
 *   overlapping pairs of characters, as in Lucene's CJKBigramFilter; a single character stays.
 */
export function tokenize(text: string): string[] {
  const words: string[] = [];
  visitWords(text, (within, start, end) => words.push(within.slice(start, end)));
  return words;
}

/** Is shown the words of a text in order, each where it stands in a text in lower case. */
type Visit = (within: string, start: number, end: number) => void;

/** `tokenize` for whoever needs no strings: making these is most of its time. */
export function visitWords(text: string, visit: Visit): void {
  if (isAscii(text)) return visitAsciiWords(text.toLowerCase(), visit);
  let at = 0;
  for (const [start, end] of unicodeStretches(text)) {
    visitAsciiWords(text.slice(at, start).toLowerCase(), visit);
    for (const word of unicodeWords(text.slice(start, end))) visit(word, 0, word.length);
    at = end;
  }
  visitAsciiWords(text.slice(at).toLowerCase(), visit);
}

const NOT_ASCII = /[\u0080-\uffff]/;
const isAscii = (text: string): boolean => !NOT_ASCII.test(text);

/**
 * Ranges of neighbouring white-space separated words that hold a character beyond ASCII. Only these
 * pay for normalisation: most English texts have no more than a curly quote or a name in them.
 */
function unicodeStretches(text: string): [start: number, end: number][] {
  const stretches: [number, number][] = [];
  const beyondAscii = /[\u0080-\uffff]/g;
  let last: [number, number] | undefined;
  for (let found = beyondAscii.exec(text); found; found = beyondAscii.exec(text)) {
    let start = found.index;
    const floor = last?.[1] ?? 0;
    while (start > floor && text.charCodeAt(start - 1) > 0x20) start--;
    let end = found.index + 1;
    while (end < text.length && text.charCodeAt(end) > 0x20) end++;
    if (last !== undefined && start <= last[1] + 1) last[1] = end;
    else stretches.push((last = [start, end]));
    beyondAscii.lastIndex = end;
  }
  return stretches;
}

/** English enclitics; `n't` needs no entry, its parts fall to the apostrophe and to `t`. */
const ENCLITICS = ['s', 'd', 'm', 't', 're', 've', 'll'];
const APOSTROPHE = 0x27;

/** 1 for the ASCII digits and small letters. */
const WORD_CODES = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9a-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);

function visitAsciiWords(text: string, visit: Visit): void {
  const end = text.length;
  let at = 0;
  while (at < end) {
    while (at < end && WORD_CODES[text.charCodeAt(at)] === 0) at++;
    const start = at;
    while (at < end && WORD_CODES[text.charCodeAt(at)] === 1) at++;
    if (at === start) return;
    visit(text, start, at);
    at += encliticLength(text, at);
  }
}

/** Length of an enclitic with its apostrophe at `at`, 0 where there is none. */
function encliticLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== APOSTROPHE) return 0;
  const enclitic = ENCLITICS.find((one) => text.startsWith(one, at + 1));
  if (enclitic === undefined) return 0;
  const end = at + 1 + enclitic.length;
  return WORD_CODES[text.charCodeAt(end)] === 1 ? 0 : end - at;
}

// Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs.
const ACCENTS =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/g;
const CURLY_APOSTROPHE = /[\u2018\u2019]/g;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
const ENCLITIC = new RegExp(
  `(?<=[\\p{L}\\p{N}\\p{M}])'(?:${ENCLITICS.join('|')})(?![\\p{L}\\p{N}])`,
  'gu',
);

const UNSPACED =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Hang}' +
  '\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}';
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'u');
const RUNS = new RegExp(`([${UNSPACED}]+)|[^${UNSPACED}]+`, 'gu');

function unicodeWords(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .normalize('NFD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(CURLY_APOSTROPHE, "'");
  if (isAscii(plain)) return tokenize(plain);
  const words = plain.replace(ENCLITIC, ' ').match(WORD) ?? [];
  return HAS_UNSPACED.test(plain) ? words.flatMap(pairsOfUnspaced) : words;
}

function pairsOfUnspaced(word: string): string[] {
  if (!HAS_UNSPACED.test(word)) return [word];
  const parts: string[] = [];
  for (const [run, unspaced] of word.matchAll(RUNS)) {
    const characters = unspaced === undefined ? [run] : Array.from(run);
    if (characters.length === 1) parts.push(characters[0]!);
    for (let i = 1; i < characters.length; i++) parts.push(characters[i - 1]! + characters[i]!);
  }
  return parts;
}
