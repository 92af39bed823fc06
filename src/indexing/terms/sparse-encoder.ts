import { WordMemo } from '../../common/word-memo.js';
import { porterStem } from './porter.js';
import { STOP_WORDS } from './stop-words.js';
import { visitWords } from './tokenizer.js';

/** The words of one text: parallel arrays, ids ascending and unique. */
export interface TermCounts {
  /** Ids in 1..TERM_ID_RANGE; a plain array, because pg sends a typed one as bytea. */
  readonly terms: number[];
  /** Occurrences of each term. */
  readonly counts: number[];
  /** Kept tokens, repeats included: the document length of BM25. */
  readonly length: number;
}

export interface QueryTerm {
  readonly id: number;
  readonly occurrences: number;
}

/** The largest dimension of pgvector's sparsevec, which also fits a signed 32-bit integer. */
export const TERM_ID_RANGE = 1_000_000_000;
/** Saturation of the term frequency. */
export const K1 = 1.2;
/** Share of length normalisation: 0.4 suits chat-like messages (0.75 suits abstracts). */
export const B = 0.4;

/**
 * Counts the terms of a document. Stop words are dropped, except from a text that has nothing
 * else: it keeps all its words, so that "to be or not to be" can still be found. The other half
 * of that bargain is `queryTerms`: a query of stop words only keeps all its words too, and meets
 * exactly those texts. It does not meet a stop word inside an ordinary text; indexing these for
 * such rare queries would grow every posting list by the commonest words there are, and the
 * vector arm answers them.
 */
export function analyse(text: string): TermCounts {
  const ids = termIds(text);
  const terms: number[] = [];
  const counts: number[] = [];
  let previous = 0;
  for (const id of ids) {
    if (id === previous) {
      counts[counts.length - 1]!++;
    } else {
      terms.push(id);
      counts.push(1);
      previous = id;
    }
  }
  return { terms, counts, length: ids.length };
}

/** Terms that may have been counted already. */
export function termsOf(words: string | TermCounts): TermCounts {
  return typeof words === 'string' ? analyse(words) : words;
}

/** The terms of a query with their occurrences, by ascending id; see `analyse` on stop words. */
export function queryTerms(text: string): QueryTerm[] {
  const { terms, counts } = analyse(text);
  return terms.map((id, at) => ({ id, occurrences: counts[at]! }));
}

/**
 * BM25's saturated term frequency, with the (k1 + 1) factor that the fusion rule's constant counts
 * on: one weight per entry of `terms`. With `idf * occurrences` on the query's side, the inner
 * product is the BM25 score.
 * @param averageLength mean `length` of the collection; 0 where that is not known yet.
 */
export function weigh(counts: TermCounts, averageLength: number): number[] {
  const relativeLength = averageLength > 0 ? counts.length / averageLength : 1;
  const damping = K1 * (1 - B + B * relativeLength);
  return counts.counts.map((tf) => (tf * (K1 + 1)) / (tf + damping));
}

/** Inverse document frequency, never negative: `total` documents, `df` of them with the term. */
export function idf(total: number, df: number): number {
  return Math.log(1 + (total - df + 0.5) / (df + 0.5));
}

/**
 * The id of a stemmed term: a 32-bit hash folded to 1..10^9. Ids are stored, so the function must
 * never change. Two terms share an id with odds of one in 10^9: a vocabulary of 100,000 terms
 * expects 5 shared pairs (n^2 / 2 / 10^9), one of a million 500, that is 0.1 % of its terms, whose
 * statistics are then added up.
 */
export function termId(term: string): number {
  // FNV-1a over UTF-16 units, then MurmurHash3's finaliser, because FNV's high bits, which decide
  // the fold, mix poorly for short words.
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at++) {
    hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return 1 + Math.floor((hash / 2 ** 32) * TERM_ID_RANGE);
}

/** Token to id; a stop word's id is negative. About 3 MB when full. */
const signedIds = new WordMemo(65_536, (token) =>
  STOP_WORDS.has(token) ? -termId(porterStem(token)) : termId(porterStem(token)),
);

/** The ids of one text after the other: an array for each would soon be garbage. */
let workspace = new Int32Array(1024);

/** Ascending ids of the kept tokens, with repeats, until the next call. */
function termIds(text: string): Int32Array {
  let count = 0;
  visitWords(text, (within, start, end) => {
    if (count === workspace.length) workspace = twice(workspace);
    workspace[count++] = signedIds.get(within, start, end);
  });
  const ids = workspace.subarray(0, count);
  let kept = 0;
  for (const id of ids) if (id > 0) ids[kept++] = id;
  return kept > 0 ? ids.subarray(0, kept).sort() : ids.map(Math.abs).sort();
}

function twice(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
