/** Options of a BertNormalizer in a tokenizer.json. */
export interface BertNormalizerOptions {
  cleanText: boolean;
  handleChineseChars: boolean;
  stripAccents: boolean;
  lowercase: boolean;
}

// Lone surrogates (Cs) cannot be stored as UTF-8; they would arrive elsewhere as U+FFFD.
const DROPPED = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/u;
const WHITE_SPACE = /\p{White_Space}/u;
const ACCENTS = /\p{Mn}/gu;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
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
  for (const character of text) {
    if (character === '\t' || character === '\n' || character === '\r') result += ' ';
    else if (DROPPED.test(character)) continue;
    else result += WHITE_SPACE.test(character) ? ' ' : character;
  }
  return result;
}

/** `toLowerCase()` of a whole word turns a final capital sigma into the final form; BERT does not. */
function lowercaseEach(text: string): string {
  let result = '';
  for (const character of text) result += character.toLowerCase();
  return result;
}

/** What BertPreTokenizer does: split at white space, each punctuation character is a word. */
export function splitBertWords(normalized: string): string[] {
  if (!PUNCTUATION_OR_SPACE.test(normalized)) return normalized ? [normalized] : [];
  const words: string[] = [];
  let word = '';
  const endWord = (): void => {
    if (word) words.push(word);
    word = '';
  };
  for (const character of normalized) {
    if (WHITE_SPACE.test(character)) endWord();
    else if (PUNCTUATION.test(character)) {
      endWord();
      words.push(character);
    } else word += character;
  }
  endWord();
  return words;
}
