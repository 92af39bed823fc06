// Lone surrogates (Cs) cannot be stored as UTF-8; they would arrive elsewhere as U+FFFD.
const DROPPED_CHARACTER = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/u;
const WHITE_SPACE_CHARACTER = /\p{White_Space}/u;
const PUNCTUATION_CHARACTER = /[!-/:-@[-`{-~\p{P}]/u;

/** BERT drops it when it cleans a text. */
export const DROPPED = 1;
export const WHITE_SPACE = 2;
export const PUNCTUATION = 4;
const KNOWN = 128;

/** Of all characters that are in common use; three expressions for each one are slow. */
const kinds = new Uint8Array(0x20000);

/** What a code point is: several of the above, or 0. */
export function kindOf(code: number): number {
  const known = kinds[code] ?? 0;
  if (known !== 0) return known & ~KNOWN;
  const character = String.fromCodePoint(code);
  const kind =
    (DROPPED_CHARACTER.test(character) ? DROPPED : 0) |
    (WHITE_SPACE_CHARACTER.test(character) ? WHITE_SPACE : 0) |
    (PUNCTUATION_CHARACTER.test(character) ? PUNCTUATION : 0);
  if (code < kinds.length) kinds[code] = kind | KNOWN;
  return kind;
}
