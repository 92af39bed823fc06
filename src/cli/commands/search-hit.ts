import { fileURLToPath } from 'node:url';
import type { SearchHit } from '../../search/search.schema.js';
import type { Style } from '../output/style.js';
import { oneLine, truncate, wrap } from '../output/text-width.js';

const EXCERPT_LINES = 2;
const WIDTH_OF_NO_TERMINAL = 100;

export interface HitView {
  rank: number;
  query: string;
  width: number;
  style: Style;
  /** Useful where hits of several collections stand together. */
  showCollection?: boolean;
}

/** A result in four lines at most: rank, score and title, then excerpt, then where it is from. */
export function hitLines(
  hit: SearchHit,
  { rank, query, width, style, showCollection = false }: HitView,
): string[] {
  const cells = Number.isFinite(width) ? width : WIDTH_OF_NO_TERMINAL;
  const lead = `${rank}`.padStart(2);
  const score = hit.score.toFixed(2);
  const indent = ' '.repeat(lead.length + 2 + score.length + 2);
  const room = Math.max(20, cells - indent.length);
  const place = [showCollection ? hit.collection : '', sourceOf(hit)].filter(Boolean).join('  ');
  const head = `${lead}  ${style.accent(score)}  `;
  return [
    head + style.bold(truncate(titleOf(hit), room)),
    ...excerpt(hit, query, room).map((line) => indent + line),
    ...(place === '' ? [] : [indent + style.dim(truncate(place, room))]),
  ];
}

/** Title and the heading that the text stands under, or the kind of a memory without a title. */
export function titleOf({ metadata, text, category }: SearchHit): string {
  const title = metadata['title'];
  const [heading] = openingHeadings(text).slice(-1);
  if (typeof title !== 'string') return oneLine(heading ?? category);
  if (heading === undefined || heading === oneLine(title)) return oneLine(title);
  return oneLine(`${title} › ${heading}`);
}

/** Where a synced memory comes from: the path of a file, the URL of anything else. */
export function sourceOf({ metadata, source, container_tag: tag }: SearchHit): string {
  const { url, author } = metadata;
  if (typeof url !== 'string') return oneLine(tag === null ? source : `${source}, ${tag}`);
  const place = url.startsWith('file:') ? fileURLToPath(url) : url;
  return oneLine(typeof author === 'string' ? `${place}  ${author}` : place);
}

/** The part of the text that has most of the query's words, without headings and Markdown marks. */
export function excerpt({ text }: Pick<SearchHit, 'text'>, query: string, width: number): string[] {
  const body = text.replace(/^(\s*#{1,6}[^\n]*\n+)+/, '');
  const plain = withoutMarks(body.trim() === '' ? text : body);
  const sentences = plain.split(/(?<=[.!?:;])\s+|\n+/).filter((one) => one.trim() !== '');
  const wanted = stems(query);
  const hits = sentences.map((one) => wanted.filter((stem) => stems(one).includes(stem)).length);
  const best = Math.max(0, hits.indexOf(Math.max(...hits)));
  return wrap(sentences.slice(best).join(' '), width, EXCERPT_LINES);
}

/** A Markdown text as it reads: no fences, bullets, links, emphasis and table lines. */
export function withoutMarks(markdown: string): string {
  return markdown
    .replace(/^\s*(`{3}|~{3}).*$/gm, '')
    .replace(/^[\s>]*(#{1,6}|[-*+]|\d+\.)\s+/gm, '')
    .replace(/^\s*[|\s:-]+$/gm, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]+/g, '')
    .replace(/\s*\|\s*/g, ' ');
}

/** Beginnings of the longer words: `restored` and `restore` are the same word to a reader. */
function stems(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  return [...new Set(words.map((word) => word.slice(0, 6)))];
}

/** Headings that a chunk begins with, the outermost first. */
export function openingHeadings(text: string): string[] {
  const opening = /^(?:\s*#{1,6}[^\n]*(?:\n+|$))+/.exec(text)?.[0] ?? '';
  return opening
    .split('\n')
    .map((line) => oneLine(line.replace(/^\s*#{1,6}/, '').replace(/[*_`#]+/g, '')))
    .filter((line) => line !== '');
}
