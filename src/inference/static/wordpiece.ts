import { z } from 'zod';
import { AppError } from '../../common/errors/app-error.js';
import { WordMemo } from '../../common/word-memo.js';
import { normalizeBert, splitBertWords, type BertNormalizerOptions } from './bert-normalizer.js';
import { CONTINUATION, PieceTrie, WORD_START } from './piece-trie.js';

const tokenizerSchema = z.object({
  added_tokens: z
    .array(
      z.object({ id: z.int().nonnegative(), content: z.string().min(1), special: z.boolean() }),
    )
    .default([]),
  normalizer: z.object({
    type: z.literal('BertNormalizer'),
    clean_text: z.boolean().default(true),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullable().default(null),
    lowercase: z.boolean().default(true),
  }),
  pre_tokenizer: z.object({ type: z.literal('BertPreTokenizer') }),
  model: z.object({
    type: z.literal('WordPiece').default('WordPiece'),
    unk_token: z.string().default('[UNK]'),
    continuing_subword_prefix: z.string().default('##'),
    max_input_chars_per_word: z.int().positive().default(100),
    vocab: z.record(z.string(), z.int().nonnegative()),
  }),
});

const shapeSchema = z.object({ model: z.object({ type: z.string() }) });

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

/** An uncased or cased BERT WordPiece tokenizer, read from a Hugging Face tokenizer.json. */
export class WordPieceTokenizer {
  /** One more than the largest token id. */
  readonly size: number;
  private readonly pieces = new PieceTrie();
  private readonly addedTokens = new Map<string, number | undefined>();
  private readonly addedTokenPattern?: RegExp;
  private readonly normalizer: BertNormalizerOptions;
  private readonly maxWordCharacters: number;
  /** The id alone where a stretch is one known token, as most are. */
  private readonly stretches = new WordMemo(REMEMBERED, (stretch): number | Tokenized => {
    const tokenized = this.tokenize(stretch);
    const { ids, count } = tokenized;
    return count === 1 && ids.length === 1 ? ids[0]! : tokenized;
  });

  /** @throws AppError `model_unusable` for other tokenizers than BERT's WordPiece. */
  constructor(json: string) {
    const { normalizer, model, added_tokens: added } = parseTokenizer(json);
    this.normalizer = {
      cleanText: normalizer.clean_text,
      handleChineseChars: normalizer.handle_chinese_chars,
      stripAccents: normalizer.strip_accents ?? normalizer.lowercase,
      lowercase: normalizer.lowercase,
    };
    this.maxWordCharacters = model.max_input_chars_per_word;
    let size = 0;
    for (const token in model.vocab) {
      const id = model.vocab[token]!;
      size = Math.max(size, id + 1);
      if (token === model.unk_token) continue;
      const isContinuation = token.startsWith(model.continuing_subword_prefix);
      const piece = isContinuation ? token.slice(model.continuing_subword_prefix.length) : token;
      this.pieces.add(isContinuation ? CONTINUATION : WORD_START, piece, id);
    }
    for (const { id, content, special } of added) {
      const isUnknown = content === model.unk_token;
      this.addedTokens.set(content, special || isUnknown ? undefined : id);
      size = Math.max(size, id + 1);
    }
    this.size = size;
    if (added.length > 0) this.addedTokenPattern = matchAny(added.map((token) => token.content));
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
    for (const part of this.addedTokenPattern ? stretch.split(this.addedTokenPattern) : [stretch]) {
      if (this.addedTokens.has(part)) {
        const id = this.addedTokens.get(part);
        if (id !== undefined) ids.push(id);
        continue;
      }
      for (const word of splitBertWords(normalizeBert(part, this.normalizer))) {
        if (this.pushPieces(word, ids)) continue;
        unknownTokens += Math.ceil(word.length / CHARACTERS_PER_UNKNOWN_TOKEN);
      }
    }
    return { ids, count: ids.length + unknownTokens };
  }

  /** Greedy longest match from the left; false, and nothing pushed, where a rest has no match. */
  private pushPieces(word: string, ids: number[]): boolean {
    if (hasMoreCharacters(word, this.maxWordCharacters)) return false;
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

function parseTokenizer(json: string): z.output<typeof tokenizerSchema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AppError('model_unusable', 'tokenizer.json is not valid JSON', { cause });
  }
  const shape = shapeSchema.safeParse(value);
  if (shape.success && shape.data.model.type !== 'WordPiece') {
    const { type } = shape.data.model;
    throw new AppError('model_unusable', `tokenizer.json is ${type}; only WordPiece is read`);
  }
  const parsed = tokenizerSchema.safeParse(value);
  if (!parsed.success) {
    const message = `tokenizer.json is not a BERT WordPiece tokenizer: ${z.prettifyError(parsed.error)}`;
    throw new AppError('model_unusable', message, { cause: parsed.error });
  }
  if (parsed.data.added_tokens.some(({ content }) => /\s/.test(content))) {
    throw new AppError('model_unusable', 'tokenizer.json has added tokens with blanks in them');
  }
  return parsed.data;
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
