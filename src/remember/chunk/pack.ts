import type { Steps } from '../steps.js';
import type { Block, Section } from './block.js';
import { cutBlock, type Range } from './cut-block.js';

/** A chunk to be: a range of the source, its heading path, and what is repeated in front of it. */
export interface Draft extends Range {
  readonly path: readonly string[];
  readonly prefix: string;
}

export interface Sizing {
  /** Size of a text in tokens. */
  readonly size: (text: string) => number;
  readonly maxTokens: number;
}

/** No chunk is longer, in UTF-16 units. */
export const MAX_CHUNK_LENGTH = 10_000;
/** Parts of a chunk sum up to less than that, so that headings and repeated text still fit in. */
const MAX_PARTS_LENGTH = 8_000;
const MAX_REPEAT_LENGTH = 500;
/** Even where the model knows no token of a text (base64, other scripts): 1 per 10 characters. */
const CHARACTERS_PER_TOKEN = 10;
/** From this share of its size on, one part in so many ends a chunk early: see `Packer`. */
const ANCHOR_FROM = 0.75;
const ANCHOR_ODDS = 2;

interface Part extends Range {
  readonly size: number;
}

interface OpenChunk {
  start: number;
  end: number;
  size: number;
  path: readonly string[];
  readonly prefix: string;
  /** Nothing but headings so far: whatever comes next joins, lest a heading stands alone. */
  headingsOnly: boolean;
  /** Holds whole small sections only, so another one may join. */
  whole: boolean;
  /** The heading under which sections were merged. */
  under?: readonly string[];
  closed: boolean;
}

/** Packs sections into chunks of at most about `maxTokens`, in one pass from top to bottom. */
export function* packSections(
  source: string,
  sections: readonly Section[],
  by: Sizing,
): Steps<Draft[]> {
  const packer = new Packer(source, by);
  for (const section of sections) yield* packer.add(section);
  return packer.finish();
}

/**
 * Two properties keep an edit local, so that few chunks are embedded again:
 * - A decision about a part never looks at what follows it (a small section counts as one part),
 *   and a part that would not fit always begins a chunk. So text added at the end changes the last
 *   chunk only.
 * - A chunk that is nearly full ends after a part whose last characters hash to an even value
 *   ("content-defined chunking"). So after an edit at the front of many equally long parts, the
 *   old boundaries are met again soon instead of never. It makes about 2 % more chunks.
 */
class Packer {
  private readonly drafts: Draft[] = [];
  private readonly longest: number;
  private open?: OpenChunk;

  constructor(
    private readonly source: string,
    private readonly by: Sizing,
  ) {
    this.longest = Math.min(MAX_PARTS_LENGTH, by.maxTokens * CHARACTERS_PER_TOKEN);
  }

  *add(section: Section): Steps<void> {
    const heading = section.heading && this.part(section.heading);
    const blocks: { block: Block; part: Part }[] = [];
    let size = heading?.size ?? 0;
    for (const block of section.blocks) {
      const part = this.part(block);
      size += part.size;
      blocks.push({ block, part });
      yield;
    }
    const first = heading ?? blocks[0]?.part;
    if (first === undefined) return;
    const last = blocks[blocks.length - 1]?.part ?? first;
    const all: Part = { start: first.start, end: last.end, size };
    const small = all.size <= this.by.maxTokens / 2 && all.end - all.start <= this.longest;
    if (!this.joins(section.path, all, small)) this.close();
    if (small) {
      this.place(all, section.path, { headingsOnly: blocks.length === 0, whole: true });
      return;
    }
    if (heading) this.place(heading, section.path, { headingsOnly: true });
    for (const { block, part } of blocks) {
      yield;
      if (this.fits(part)) this.place(part, section.path);
      else yield* this.placeInPieces(block, section.path);
    }
  }

  finish(): Draft[] {
    this.close();
    return this.drafts;
  }

  /** Whether a section goes on with the open chunk; sets the heading path that both share. */
  private joins(path: readonly string[], all: Part, small: boolean): boolean {
    const { open } = this;
    if (open === undefined) return false;
    if (open.headingsOnly && path.length > open.path.length && startsWith(path, open.path)) {
      open.path = path;
      open.whole = small;
      return true;
    }
    // Only under a common heading, which stays the path; their own headings are in the text.
    const parent = path.slice(0, -1);
    const related =
      open.under === undefined
        ? equal(parent, open.path) || equal(parent, open.path.slice(0, -1))
        : equal(parent, open.under);
    const room = open.size + all.size <= this.by.maxTokens && this.spans(open, all);
    const joins = small && open.whole && !open.closed && parent.length > 0 && related && room;
    if (joins) open.path = open.under = parent;
    return joins;
  }

  private *placeInPieces(block: Block, path: readonly string[]): Steps<void> {
    if (this.open?.headingsOnly === false) this.close();
    const { repeat = '' } = block;
    const repeats =
      repeat.length <= MAX_REPEAT_LENGTH && this.size(repeat) <= this.by.maxTokens / 2;
    let prefix = '';
    for (const piece of this.piecesOf(block)) {
      this.place(piece, path, { prefix });
      if (repeats) prefix = repeat;
      yield;
    }
  }

  private piecesOf(block: Block): Iterable<Part> {
    const measure = (range: Range): Part => this.part(range);
    return cutBlock(this.source, block, measure, (piece) => this.fits(piece));
  }

  private place(
    part: Part,
    path: readonly string[],
    { headingsOnly = false, whole = false, prefix = '' } = {},
  ): void {
    const { open } = this;
    if (open && (this.isFull(open, part) || !this.spans(open, part))) this.close();
    if (this.open) {
      this.open.end = part.end;
      this.open.size += part.size;
      this.open.headingsOnly &&= headingsOnly;
    } else {
      const size = part.size + this.size(prefix);
      const { start, end } = part;
      this.open = { start, end, size, path, prefix, headingsOnly, whole, closed: false };
    }
    const nearlyFull = this.open.size >= this.by.maxTokens * ANCHOR_FROM;
    if (nearlyFull && !this.open.headingsOnly && this.isAnchor(part)) this.open.closed = true;
  }

  private isFull(open: OpenChunk, part: Part): boolean {
    return !open.headingsOnly && (open.closed || open.size + part.size > this.by.maxTokens);
  }

  private spans(open: OpenChunk, part: Part): boolean {
    return part.end - open.start + open.prefix.length <= MAX_CHUNK_LENGTH;
  }

  private close(): void {
    if (this.open) {
      const { start, end, path, prefix } = this.open;
      this.drafts.push({ start, end, path, prefix });
    }
    this.open = undefined;
  }

  private part({ start, end }: Range): Part {
    return { start, end, size: this.size(this.source.slice(start, end)) };
  }

  private fits(part: Part): boolean {
    return part.size <= this.by.maxTokens;
  }

  private size(text: string): number {
    const byLength = Math.ceil((text.length / this.longest) * this.by.maxTokens);
    // A text that is too long anyway is not counted, which keeps the counting linear.
    return byLength > this.by.maxTokens ? byLength : Math.max(byLength, this.by.size(text));
  }

  private isAnchor({ start, end }: Range): boolean {
    let hash = 0;
    for (let at = Math.max(start, end - 32); at < end; at++) {
      hash = Math.imul(hash ^ this.source.charCodeAt(at), 0x01000193);
    }
    return ((hash ^ (hash >>> 15)) >>> 0) % ANCHOR_ODDS === 0;
  }
}

const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && startsWith(a, b);

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((title, index) => path[index] === title);
