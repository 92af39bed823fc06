/** What the two arms of search see of a chunk: its text alone rarely says what it is about. */
export interface ChunkWords {
  readonly title: string;
  readonly headingPath: readonly string[];
  readonly text: string;
  readonly author?: string | null;
  /** When the source was written or last changed. */
  readonly date?: Date | null;
}

/** The text to embed: title and heading path, a line each, in front of the chunk's own text. */
export function embeddedText(title: string, headingPath: readonly string[], text: string): string {
  return [...lead(title, headingPath, text), text].join('\n');
}

/** The text of the words arm: also the author and the date as people write it, `8 May 2026`. */
export function wordsText({ title, headingPath, text, author, date }: ChunkWords): string {
  const trail = [author?.trim() ?? '', date ? writtenDate(date) : ''].filter((one) => one !== '');
  return [...lead(title, headingPath, text), text, ...trail].join('\n');
}

/** `8 May 2026`, in UTC. */
export function writtenDate(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

/** An endless title (a whole message, say) must not drown the text it stands before. */
const LONGEST_TITLE = 200;
/** Lines at the start of a chunk that can be headings: six levels, their underlines and gaps. */
const OPENING_LINES = 18;

/** Title and headings, without repeats and without those that the text itself begins with. */
function lead(title: string, headingPath: readonly string[], text: string): string[] {
  const opening = openingTitles(text);
  const titles = [title, ...headingPath].map((one) => one.trim().slice(0, LONGEST_TITLE).trim());
  return [...new Set(titles)].filter((one) => one !== '' && !opening.has(one));
}

/** The headings that a text begins with, and its first other line. */
function openingTitles(text: string): Set<string> {
  const titles = new Set<string>();
  for (const line of text.slice(0, LONGEST_TITLE * OPENING_LINES).split('\n', OPENING_LINES)) {
    const heading = /^ {0,3}#{1,6}[ \t]+(\S.*)$/.exec(line)?.[1];
    const title = heading === undefined ? line : heading.replace(/[ \t]+#+[ \t]*$/, '');
    titles.add(title.trim());
    if (heading === undefined && line.trim() !== '') break;
  }
  return titles;
}
