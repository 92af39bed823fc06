import { writtenDate } from '../../remember/chunk/chunk-texts.js';
import type { SearchHit } from '../search.schema.js';
import type { Citation, ContextAnswer } from './context.schema.js';

const SOURCES = 'Sources:';
/** A title may be a whole message. */
const LONGEST_TITLE = 200;
/** A passage cut shorter than this says too little. */
const SHORTEST_CUT = 40;

export interface PackOptions {
  readonly maxTokens: number;
  readonly countTokens: (text: string) => number;
}

/**
 * A prompt-ready text of the best hits that fit into `maxTokens`. Passages of one document share
 * a number. What does not fit is passed over for a shorter one behind it; only the first passage
 * is cut, so that a long one does not leave the text empty.
 * @param hits best first
 */
export function packContext(hits: readonly SearchHit[], options: PackOptions): ContextAnswer {
  const count = (part: string): number => options.countTokens(`${part}\n`);
  const passages: string[] = [];
  const sources = new Map<string, Source>();
  let tokens = count(SOURCES);
  for (const hit of hits) {
    const key = documentOf(hit);
    const known = sources.get(key);
    const source = known ?? newSource(hit, sources.size + 1);
    const fixed = tokens + (known ? 0 : count(source.line));
    const room = options.maxTokens - fixed;
    let passage = `[${source.citation.number}] ${hit.text}`;
    if (count(passage) > room) {
      if (passages.length > 0) continue;
      passage = cutToFit(passage, room, count);
      if (passage.length < SHORTEST_CUT) continue;
    }
    passages.push(passage);
    tokens = fixed + count(passage);
    source.citation.memory_ids.push(hit.id);
    sources.set(key, source);
  }
  if (passages.length === 0) return { context: '', tokens: 0, citations: [] };
  const list = [...sources.values()];
  const named = [SOURCES, ...list.map(({ line }) => line)].join('\n');
  return {
    context: [...passages, named].join('\n\n'),
    tokens,
    citations: list.map(({ citation }) => citation),
  };
}

interface Source {
  readonly citation: Citation;
  /** How the text names it. */
  readonly line: string;
}

function documentOf(hit: SearchHit): string {
  const document = hit.synced_at === null ? undefined : hit.metadata['document_id'];
  return typeof document === 'string' ? document : hit.id;
}

/** Its line: `[1] Release guide, Dana, 8 May 2026, https://...` */
function newSource(hit: SearchHit, number: number): Source {
  const { title, url, author, source_updated_at, collection } = hit;
  const shown = (title ?? '').replace(/\s+/g, ' ').trim().slice(0, LONGEST_TITLE);
  const parts = [
    shown === '' ? `memory in "${collection}"` : shown,
    author,
    writtenDate(new Date(source_updated_at ?? hit.created_at)),
    url,
  ];
  return {
    citation: { number, title, url, author, source_updated_at, collection, memory_ids: [] },
    line: `[${number}] ${parts.filter((part) => part !== null && part !== '').join(', ')}`,
  };
}

/** The longest beginning, to the end of a word, that fits with a mark that more followed. */
function cutToFit(passage: string, room: number, count: (part: string) => number): string {
  const ends = [...passage.matchAll(/\S(?=\s)/g)].map((match) => match.index + 1);
  const cut = (words: number): string => `${passage.slice(0, ends[words - 1] ?? 0)} …`;
  let [fits, tooMany] = [0, ends.length + 1];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (count(cut(middle)) <= room) fits = middle;
    else tooMany = middle;
  }
  return fits === 0 ? '' : cut(fits);
}
