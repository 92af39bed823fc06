import { excerpt } from './excerpt.js';
import { findThemes } from './themes.js';

/** What the digests read of a memory. */
export interface DigestMemory {
  readonly text: string;
  readonly category: string;
  readonly pinned: boolean;
  readonly importance: number;
}

export interface CategoryCount {
  readonly category: string;
  readonly memories: number;
}

const MAX_CATEGORIES = 8;
const MAX_THEMES = 8;
const MAX_FACTS = 12;
const FACT_CHARACTERS = 200;

/**
 * A profile without a model: what kinds of memories there are, what they are often about, and the
 * pinned and most important ones in their own words. `memories` come best first; the same input
 * gives the same text.
 */
export function buildProfile(
  categories: readonly CategoryCount[],
  memories: readonly DigestMemory[],
): string {
  if (memories.length === 0) return '';
  const sections = [
    section('Categories', [listCategories(categories)]),
    section('Often about', [
      findThemes(
        memories.map((memory) => memory.text),
        MAX_THEMES,
      )
        .map((theme) => theme.word)
        .join(', '),
    ]),
    facts(
      'Pinned',
      memories.filter((memory) => memory.pinned),
    ),
    facts(
      'Most important',
      memories.filter((memory) => !memory.pinned),
    ),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function listCategories(categories: readonly CategoryCount[]): string {
  const ordered = categories.toSorted(
    (a, b) => b.memories - a.memories || (a.category < b.category ? -1 : 1),
  );
  const shown = ordered
    .slice(0, MAX_CATEGORIES)
    .map(({ category, memories }) => `${category} (${memories})`);
  const rest = ordered.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function facts(title: string, memories: readonly DigestMemory[]): string {
  const lines = memories
    .slice(0, MAX_FACTS)
    .map(({ text }) => `- ${excerpt(text, FACT_CHARACTERS)}`);
  return section(title, [...new Set(lines)]);
}

function section(title: string, lines: readonly string[]): string {
  const present = lines.filter((line) => line !== '');
  return present.length === 0 ? '' : `${title}:\n${present.join('\n')}`;
}
