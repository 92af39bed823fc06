import { z } from 'zod';
import { AppError } from '../../common/errors/app-error.js';
import { CONTINUATION, PieceTrie, WORD_START } from './piece-trie.js';
import type { Vocabulary } from './wordpiece.js';

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

/**
 * The vocabulary of a Hugging Face tokenizer.json.
 * @throws AppError `model_unusable` for other tokenizers than BERT's WordPiece.
 */
export function readTokenizer(json: string): Vocabulary {
  const { normalizer, model, added_tokens: added } = parseTokenizer(json);
  const pieces = new PieceTrie();
  const addedTokens = new Map<string, number | undefined>();
  let size = 0;
  for (const token in model.vocab) {
    const id = model.vocab[token]!;
    size = Math.max(size, id + 1);
    if (token === model.unk_token) continue;
    const isContinuation = token.startsWith(model.continuing_subword_prefix);
    const piece = isContinuation ? token.slice(model.continuing_subword_prefix.length) : token;
    pieces.add(isContinuation ? CONTINUATION : WORD_START, piece, id);
  }
  for (const { id, content, special } of added) {
    const isUnknown = content === model.unk_token;
    addedTokens.set(content, special || isUnknown ? undefined : id);
    size = Math.max(size, id + 1);
  }
  return {
    ...{ size, addedTokens, pieces: pieces.arrays },
    maxWordCharacters: model.max_input_chars_per_word,
    normalizer: {
      cleanText: normalizer.clean_text,
      handleChineseChars: normalizer.handle_chinese_chars,
      stripAccents: normalizer.strip_accents ?? normalizer.lowercase,
      lowercase: normalizer.lowercase,
    },
  };
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
