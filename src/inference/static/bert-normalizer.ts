import { DROPPED, kindOf, PUNCTUATION, WHITE_SPACE } from './character-kinds.js';

/** Options of a BertNormalizer in a tokenizer.json. */
export interface BertNormalizerOptions {
  cleanText: boolean;
  handleChineseChars: boolean;
  stripAccents: boolean;
  lowercase: boolean;
}

const ACCENTS = /\p{Mn}/gu;
const PUNCTUATION_OR_SPACE = /[!-/:-@[-`{-~\p{P}\p{White_Space}]/u;
const PLAIN_ASCII = /^[ -~]*$/;

/** The ranges that BERT calls Chinese; kana and hangul are not among them. */
const IDEOGRAPHS =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** What Hugging Face's BertNormalizer does to a text, character by character. */
export function normalizeBert(text: string, options: BertNormalizerOptions): string {
  if (PLAIN_ASCII.test(text)) return options.lowercase ? text.toLowerCase() : text;
  let result = options.cleanText ? clean(text) : text;
  if (options.handleChineseChars) result = result.replace(IDEOGRAPHS, ' $& ');
  if (options.stripAccents) result = result.normalize('NFD').replace(ACCENTS, '');
  return options.lowercase ? lowercaseEach(result) : result;
}

function clean(text: string): string {
  let result = '';
  let from = 0;
  for (let at = 0, next; at < text.length; at = next) {
    const code = text.codePointAt(at)!;
    next = at + (code > 0xffff ? 2 : 1);
    const kind = kindOf(code);
    if ((kind & (DROPPED | WHITE_SPACE)) === 0) continue;
    const isBlank = (kind & DROPPED) === 0 || code === TAB || code === FEED || code === RETURN;
    result += text.slice(from, at) + (isBlank ? ' ' : '');
    from = next;
  }
  return result + text.slice(from);
}

const TAB = 0x09;
const FEED = 0x0a;
const RETURN = 0x0d;

/** `toLowerCase()` of a whole word turns a final capital sigma into the final form; BERT does not. */
function lowercaseEach(text: string): string {
  if (!text.includes('\u03a3')) return text.toLowerCase();
  let result = '';
  for (const character of text) result += character.toLowerCase();
  return result;
}

/** What BertPreTokenizer does: split at white space, each punctuation character is a word. */
export function splitBertWords(normalized: string): string[] {
  if (!PUNCTUATION_OR_SPACE.test(normalized)) return normalized ? [normalized] : [];
  const words: string[] = [];
  let from = 0;
  for (let at = 0, next; at < normalized.length; at = next) {
    const code = normalized.codePointAt(at)!;
    next = at + (code > 0xffff ? 2 : 1);
    const kind = kindOf(code);
    if ((kind & (PUNCTUATION | WHITE_SPACE)) === 0) continue;
    if (from < at) words.push(normalized.slice(from, at));
    if ((kind & WHITE_SPACE) === 0) words.push(normalized.slice(at, next));
    from = next;
  }
  if (from < normalized.length) words.push(normalized.slice(from));
  return words;
}
