import { trimBlock } from './clean-text.js';
import type { ExtractedText } from './extractor.js';
import { MAX_TEXT_CHARS } from './limits.js';

const SEPARATOR = '\n\n';

/** Collects blocks of text (paragraphs, headings, rows) and stops at the limit. */
export class TextWriter {
  private readonly blocks: string[] = [];
  private length = 0;
  private readonly reasons = new Set<string>();

  /** True when more blocks would be thrown away: producers can stop. */
  get full(): boolean {
    return this.length - SEPARATOR.length > MAX_TEXT_CHARS;
  }

  /** Adds a block, separated from its neighbours by an empty line; empty ones are dropped. */
  block(text: string): void {
    const trimmed = trimBlock(text);
    if (trimmed === '' || this.full) return;
    this.blocks.push(trimmed);
    this.length += trimmed.length + SEPARATOR.length;
  }

  /** Notes why the text is not the whole file; that it is too long need not be said. */
  cut(reason: string): void {
    this.reasons.add(reason);
  }

  finish(title?: string): ExtractedText {
    const truncated = [...this.reasons].join('; ') || undefined;
    return { text: this.blocks.join(SEPARATOR), title, truncated };
  }
}
