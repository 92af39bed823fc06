import { excerpt } from './excerpt.js';
import type { DigestMemory } from './profile.js';
import { findThemes, stemsOf } from './themes.js';

export interface Summary {
  readonly summary: string;
  readonly themes: string[];
}

const MAX_THEMES = 6;
const MAX_SENTENCES = 6;
const SENTENCE_CHARACTERS = 240;
/** A pinned memory counts as much as two themes that nothing else has told yet. */
const PINNED_WEIGHT = 2;

/**
 * A summary without a model, out of the memories' own words: again and again the memory that tells
 * most themes not told yet, pinned and important ones first. Deterministic.
 */
export function buildSummary(memories: readonly DigestMemory[]): Summary {
  const themes = findThemes(
    memories.map((memory) => memory.text),
    MAX_THEMES,
  );
  const untold = new Set(themes.map((theme) => theme.stem));
  const candidates = memories.map((memory) => ({ memory, stems: stemsOf(memory.text) }));
  const sentences = new Set<string>();
  while (candidates.length > 0 && sentences.size < MAX_SENTENCES) {
    const gains = candidates.map(
      ({ memory, stems }) =>
        [...untold].filter((stem) => stems.has(stem)).length +
        (memory.pinned ? PINNED_WEIGHT : 0) +
        memory.importance,
    );
    const best = gains.indexOf(Math.max(...gains));
    const [{ memory, stems }] = candidates.splice(best, 1) as [(typeof candidates)[number]];
    for (const stem of stems.keys()) untold.delete(stem);
    sentences.add(asSentence(excerpt(memory.text, SENTENCE_CHARACTERS)));
  }
  return { summary: [...sentences].join(' '), themes: themes.map((theme) => theme.word) };
}

function asSentence(text: string): string {
  return /[.!?…。！？]$/u.test(text) ? text : `${text}.`;
}
