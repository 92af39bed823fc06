import { hash } from 'node:crypto';

/**
 * The one form in which text is stored and hashed: NFC, Unix line ends, no NUL (PostgreSQL cannot
 * store it), no trailing blanks, no more than two line breaks in a row, lone surrogates replaced.
 */
export function normaliseText(text: string): string {
  const lines = text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll('\u0000', '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  // Line by line: a regular expression for trailing blanks is quadratic on long runs of them.
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** SHA-256 of a normalised text, hex: equal text gives equal hashes on every way in. */
export function textHash(normalised: string): string {
  return hash('sha256', normalised, 'hex');
}
