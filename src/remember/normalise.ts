import { hash } from 'node:crypto';
import { atOnce, type Steps } from './steps.js';

/**
 * The one form in which text is stored and hashed: NFC, Unix line ends, no NUL (PostgreSQL cannot
 * store it), no trailing blanks, no more than two line breaks in a row, lone surrogates replaced.
 */
export function normaliseText(text: string): string {
  return atOnce(normalising(text));
}

/** `normaliseText` in steps, for a text that may be large. */
export function* normalising(text: string): Steps<string> {
  const source = text.toWellFormed().normalize('NFC').replaceAll('\u0000', '');
  if (source.length <= PART) return normaliseLines(source).trim();
  let result = '';
  for (let from = 0, to: number; from < source.length; from = to) {
    to = partEnd(source, from + PART);
    result += normaliseLines(source.slice(from, to));
    yield;
  }
  return collapse(result).trim();
}

/** Characters that are normalised in one step. */
const PART = 65_536;

/** After the first line end from there on, so that no part cuts one. */
function partEnd(source: string, from: number): number {
  const lineEnd = /\r\n?|\n/g;
  lineEnd.lastIndex = from;
  return lineEnd.test(source) ? lineEnd.lastIndex : source.length;
}

function normaliseLines(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  // Line by line: a regular expression for trailing blanks is quadratic on long runs of them.
  return collapse(lines.map((line) => line.trimEnd()).join('\n'));
}

function collapse(text: string): string {
  return text.replace(/\n{3,}/g, '\n\n');
}

/** SHA-256 of a normalised text, hex: equal text gives equal hashes on every way in. */
export function textHash(normalised: string): string {
  return hash('sha256', normalised, 'hex');
}
