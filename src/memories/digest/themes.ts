import { porterStem } from '../../indexing/terms/porter.js';
import { STOP_WORDS } from '../../indexing/terms/stop-words.js';
import { tokenize } from '../../indexing/terms/tokenizer.js';

export interface Theme {
  /** The word as it is written most often. */
  readonly word: string;
  readonly stem: string;
  /** Texts that it occurs in. */
  readonly texts: number;
}

const NUMBER = /^\p{N}+$/u;
/** Shorter words of the Latin alphabet say little; pairs of Chinese characters are words. */
const TOO_SHORT = /^[a-z0-9]{1,2}$/;

/** Stems that occur in most texts; those in a single one are no theme unless there is only one. */
export function findThemes(texts: readonly string[], limit: number): Theme[] {
  const counts = new Map<string, { texts: number; spellings: Map<string, number> }>();
  for (const text of texts) {
    for (const [stem, words] of stemsOf(text)) {
      const seen = counts.get(stem) ?? { texts: 0, spellings: new Map<string, number>() };
      seen.texts++;
      for (const word of words) seen.spellings.set(word, (seen.spellings.get(word) ?? 0) + 1);
      counts.set(stem, seen);
    }
  }
  const enough = texts.length > 1 ? 2 : 1;
  return [...counts]
    .filter(([, seen]) => seen.texts >= enough)
    .map(([stem, seen]) => ({ stem, texts: seen.texts, word: mostFrequent(seen.spellings) }))
    .sort((a, b) => b.texts - a.texts || compare(a.stem, b.stem))
    .slice(0, limit);
}

/** The stems of a text that could be themes, each with the words that it stands for. */
export function stemsOf(text: string): Map<string, string[]> {
  const stems = new Map<string, string[]>();
  for (const word of tokenize(text)) {
    if (STOP_WORDS.has(word) || NUMBER.test(word) || TOO_SHORT.test(word)) continue;
    const stem = porterStem(word);
    const words = stems.get(stem);
    if (words) words.push(word);
    else stems.set(stem, [word]);
  }
  return stems;
}

function mostFrequent(spellings: ReadonlyMap<string, number>): string {
  const [first] = [...spellings].sort(([a, n], [b, m]) => m - n || compare(a, b));
  return first![0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
