import { WordMemo } from '../../common/word-memo.js';
import { normalizeBert, splitBertWords, type BertNormalizerOptions } from './bert-normalizer.js';
import { CONTINUATION, PieceTrie, WORD_START, type TrieArrays } from './piece-trie.js';

/** Tokens of one stretch of text without blanks. */
interface Tokenized {
  /** Ids of the known tokens, in order. */
  ids: readonly number[];
  /** Known tokens, and one per four characters of what the vocabulary does not know. */
  count: number;
}

/** Stretches that are remembered at most, in about 4 MB. */
const REMEMBERED = 65_536;
const CHARACTERS_PER_UNKNOWN_TOKEN = 4;

/** What a tokenizer knows, in a form that another thread can have as well. */
export interface Vocabulary {
  /** One more than the largest token id. */
  readonly size: number;
  readonly pieces: TrieArrays;
  /** Ids of tokens that are looked for before words; none for those that give no vector. */
  readonly addedTokens: ReadonlyMap<string, number | undefined>;
  readonly normalizer: BertNormalizerOptions;
  readonly maxWordCharacters: number;
}

/** An uncased or cased BERT WordPiece tokenizer. */
export class WordPieceTokenizer {
  private readonly pieces: PieceTrie;
  private readonly addedTokenPattern?: RegExp;
  /** The id alone where a stretch is one known token, as most are. */
  private readonly stretches = new WordMemo(REMEMBERED, (stretch): number | Tokenized => {
    const tokenized = this.tokenize(stretch);
    const { ids, count } = tokenized;
    return count === 1 && ids.length === 1 ? ids[0]! : tokenized;
  });

  constructor(readonly vocabulary: Vocabulary) {
    this.pieces = new PieceTrie(vocabulary.pieces);
    const added = [...vocabulary.addedTokens.keys()];
    if (added.length > 0) this.addedTokenPattern = matchAny(added);
  }

  /** One more than the largest token id. */
  get size(): number {
    return this.vocabulary.size;
  }

  /**
   * Writes the ids of the text's known tokens into `ids`, as many as fit, and returns how many.
   * Special tokens give nothing, as in Model2Vec, where their rows are zero.
   */
  encode(text: string, ids: Int32Array): number {
    let filled = 0;
    for (let start = skipBlanks(text, 0); start < text.length && filled < ids.length;) {
      const end = stretchEnd(text, start);
      const stretch = this.stretches.get(text, start, end);
      if (typeof stretch === 'number') ids[filled++] = stretch;
      else for (const id of stretch.ids) if (filled < ids.length) ids[filled++] = id;
      start = skipBlanks(text, end);
    }
    return filled;
  }

  /** Tokens in the whole text; unknown stretches count as one token per four characters. */
  count(text: string): number {
    let count = 0;
    for (let start = skipBlanks(text, 0); start < text.length;) {
      const end = stretchEnd(text, start);
      const stretch = this.stretches.get(text, start, end);
      count += typeof stretch === 'number' ? 1 : stretch.count;
      start = skipBlanks(text, end);
    }
    return count;
  }

  private tokenize(stretch: string): Tokenized {
    const ids: number[] = [];
    let unknownTokens = 0;
    const { addedTokens, normalizer } = this.vocabulary;
    for (const part of this.addedTokenPattern ? stretch.split(this.addedTokenPattern) : [stretch]) {
      if (addedTokens.has(part)) {
        const id = addedTokens.get(part);
        if (id !== undefined) ids.push(id);
        continue;
      }
      for (const word of splitBertWords(normalizeBert(part, normalizer))) {
        if (this.pushPieces(word, ids)) continue;
        unknownTokens += Math.ceil(word.length / CHARACTERS_PER_UNKNOWN_TOKEN);
      }
    }
    return { ids, count: ids.length + unknownTokens };
  }

  /** Greedy longest match from the left; false, and nothing pushed, where a rest has no match. */
  private pushPieces(word: string, ids: number[]): boolean {
    if (hasMoreCharacters(word, this.vocabulary.maxWordCharacters)) return false;
    const before = ids.length;
    for (let start = 0, end: number; start < word.length; start = end) {
      let node = start === 0 ? WORD_START : CONTINUATION;
      let longest = -1;
      end = start;
      for (let at = start; at < word.length;) {
        node = this.pieces.child(node, word.charCodeAt(at++));
        if (node < 0) break;
        const id = this.pieces.idOf(node);
        if (id < 0) continue;
        longest = id;
        end = at;
      }
      if (longest < 0) {
        ids.length = before;
        return false;
      }
      ids.push(longest);
    }
    return true;
  }
}

/** Whether a word has more than so many characters, of which each is one or two units. */
function hasMoreCharacters(word: string, most: number): boolean {
  if (word.length <= most || word.length > 2 * most) return word.length > most;
  return Array.from(word).length > most;
}

function matchAny(literals: string[]): RegExp {
  // Longest first: of two literals that start at the same place the longer one wins.
  const alternatives = literals
    .toSorted((a, b) => b.length - a.length)
    .map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(${alternatives.join('|')})`);
}

/** Only these four are blanks before normalisation; other white space is handled inside it. */
function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function stretchEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
  return at;
}
