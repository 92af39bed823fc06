import { Secret } from '../common/secret.js';

/** Shorter values are settings or flags, and would blot out ordinary words. */
const SHORTEST = 6;

/**
 * Every text in a credentials object that must not be shown. One of several lines (a private key)
 * also counts line by line, since it is often quoted without its line ends.
 */
export function secretTexts(value: unknown): Secret<string>[] {
  return [...new Set(texts(value))].map((text) => new Secret(text));
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') {
    const lines = value.includes('\n') ? value.split('\n').map((line) => line.trim()) : [];
    return [value, ...lines].filter((text) => text.length >= SHORTEST);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}
