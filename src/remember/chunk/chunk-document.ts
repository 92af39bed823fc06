import { hash as digest } from 'node:crypto';
import { atOnce, type Steps } from '../steps.js';
import { markdownSections } from './markdown-sections.js';
import { messageSections } from './message-sections.js';
import { MAX_CHUNK_LENGTH, packSections } from './pack.js';

export interface ChunkInput {
  readonly title: string;
  readonly text: string;
  /** `messages`: lines of `name (time): text`; else Markdown, of which plain text is a case. */
  readonly kind?: 'markdown' | 'messages';
}

export interface ChunkOptions {
  /** Tokens as the embedding model counts them. */
  readonly countTokens: (text: string) => number;
  /** Size that a chunk should not exceed; headings and repeated table headers may add a little. */
  readonly maxTokens?: number;
}

export interface Chunk {
  /** Position in the document, from 0. */
  readonly ordinal: number;
  /** At most 10,000 UTF-16 units. */
  readonly text: string;
  /** Titles of the headings that all of the text stands under, the outermost first. */
  readonly headingPath: string[];
  /** See `contentHash`. */
  readonly hash: string;
  /** Position among the chunks of the document with the same hash, from 0. */
  readonly equalOrdinal: number;
}

/**
 * Cuts a document into chunks in reading order. Cuts fall at headings, then between paragraphs,
 * list items, messages, tables and code blocks, and inside one of these only where it is too long.
 * Small neighbouring sections under one heading share a chunk. Every character of the text that is
 * not white space ends up in a chunk; a document with nothing but a title gives its title, so that
 * it can be found. Deterministic, and linear in the length of the text.
 */
export function chunkDocument(input: ChunkInput, options: ChunkOptions): Chunk[] {
  return atOnce(chunking(input, options));
}

/** `chunkDocument` in steps, for a text that may be large. */
export function* chunking(
  { title, text, kind = 'markdown' }: ChunkInput,
  { countTokens, maxTokens = 200 }: ChunkOptions,
): Steps<Chunk[]> {
  const source = text.replace(/\r\n?/g, '\n');
  const sections = yield* kind === 'messages' ? messageSections(source) : markdownSections(source);
  const drafts = yield* packSections(source, sections, { size: countTokens, maxTokens });
  const chunks: Chunk[] = [];
  const seen = new Map<string, number>();
  const add = (text: string, headingPath: string[]): void => {
    const hash = contentHash(headingPath, text);
    const equalOrdinal = seen.get(hash) ?? 0;
    seen.set(hash, equalOrdinal + 1);
    chunks.push({ ordinal: chunks.length, text, headingPath, hash, equalOrdinal });
  };
  for (const { prefix, start, end, path } of drafts) {
    add(prefix + source.slice(start, end), [...path]);
    yield;
  }
  if (chunks.length === 0 && title.trim() !== '') add(title.trim().slice(0, MAX_CHUNK_LENGTH), []);
  return chunks;
}

/**
 * 128 bits of SHA-256 over heading path and text, as 32 hex digits: enough to never meet a
 * collision by chance. The path is part of it because it is part of the embedded text, so that
 * chunks under a renamed heading count as changed. The document's title is not: a rename concerns
 * all chunks, and keeps their ids.
 */
export function contentHash(headingPath: readonly string[], text: string): string {
  const content = `${JSON.stringify(headingPath)}\n${text}`;
  return digest('sha256', content, 'hex').slice(0, 32);
}
