import { openingHeadings, withoutMarks } from '../commands/search-hit.js';
import type { MemoryAnswer } from '../../memories/memories.schema.js';
import { oneLine } from '../output/text-width.js';

/** For the documentation of this project. */
export const DOCS_QUESTIONS: readonly string[] = [
  'How are deletions proven?',
  'What survives a kill?',
  'How do I restore a backup?',
];

const WANTED = 3;
const FEWEST_LETTERS = 8;
const MOST_WORDS = 9;
/** Headings that say nothing about their document. */
const EMPTY_HEADINGS =
  /^(introduction|overview|summary|contents|table of contents|notes?|index|readme|references?|links|see also|background|context|decision|consequences|todo|untitled|page \d+)$/i;

type Memory = Pick<MemoryAnswer, 'text' | 'metadata'>;

/**
 * Three things to ask a corpus that nobody knows: headings or titles of documents spread evenly
 * over it, so that each answer can be checked at a glance; first words where it has neither.
 */
export function chooseQueries(memories: readonly Memory[]): string[] {
  const documents = byDocument(memories);
  const often = headingCounts(memories);
  const order = spread([...documents.keys()].sort());
  const telling = order.map((name) => tellingNames(name, documents.get(name)!, often));
  const chosen = new Set<string>();
  // One of each document first; a corpus of one or two documents gives more of its headings.
  const inTurn = [...telling.map((names) => names.slice(0, 1)), ...telling].flat();
  const nameless = order.filter((_, i) => telling[i]!.length === 0);
  const opening = nameless.map((name) => firstWords(documents.get(name)![0]!.text));
  for (const query of [...inTurn, ...opening]) {
    if (query !== '' && chosen.size < WANTED) chosen.add(query);
  }
  return [...chosen];
}

function byDocument(memories: readonly Memory[]): Map<string, Memory[]> {
  const documents = new Map<string, Memory[]>();
  for (const memory of memories) {
    const { external_id: id, title } = memory.metadata;
    const name = typeof id === 'string' ? id : typeof title === 'string' ? title : memory.text;
    documents.set(name, [...(documents.get(name) ?? []), memory]);
  }
  return documents;
}

function headingCounts(memories: readonly Memory[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of memories) {
    const heading = openingHeadings(text).at(-1);
    if (heading !== undefined) counts.set(heading, (counts.get(heading) ?? 0) + 1);
  }
  return counts;
}

/** All names, beginning with those at one sixth, a half and five sixths. */
function spread(names: readonly string[]): string[] {
  const middle = (share: number): number => Math.floor(names.length * share);
  const first = [middle(1 / 6), middle(1 / 2), middle(5 / 6)];
  const order = [...new Set([...first, ...names.keys()])];
  return order.filter((i) => i < names.length).map((i) => names[i]!);
}

/** Headings that stand only once come first: their answer is certain. The title comes last. */
function tellingNames(
  name: string,
  memories: readonly Memory[],
  often: ReadonlyMap<string, number>,
): string[] {
  const headings = memories
    .map(({ text }) => openingHeadings(text).at(-1) ?? '')
    .sort((a, b) => (often.get(a) ?? 0) - (often.get(b) ?? 0));
  return [...new Set([...headings, spokenName(name)])].filter(isTelling);
}

function firstWords(text: string): string {
  return oneLine(withoutMarks(text)).split(' ').slice(0, MOST_WORDS).join(' ');
}

function isTelling(heading: string): boolean {
  const letters = heading.match(/\p{L}/gu)?.length ?? 0;
  const words = heading.split(' ').length;
  if (letters < FEWEST_LETTERS || words > MOST_WORDS) return false;
  return words > 1 && !EMPTY_HEADINGS.test(heading);
}

/** `0007-deletions-need-proof.md` is "deletions need proof". */
function spokenName(path: string): string {
  const file = path.split('/').at(-1) ?? path;
  return oneLine(
    file
      .replace(/\.[a-z0-9]{1,5}$/i, '')
      .replace(/[-_.]+/g, ' ')
      .replace(/^[\d\s]+/, ''),
  );
}
