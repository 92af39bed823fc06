import { trimBlock } from './clean-text.js';
import type { ExtractedText } from './extractor.js';
import { MAX_TEXT_CHARS } from './limits.js';

/** Collects blocks of text (paragraphs, headings, rows) and stops at the limit. */
export class TextWriter {
  private readonly blocks: string[] = [];
  private length = 0;
  private reason: string | undefined;

  /** True when more blocks would be thrown away: producers can stop. */
  get full(): boolean {
    return this.length > MAX_TEXT_CHARS;
  }

  /** Adds a block, separated from its neighbours by an empty line; empty ones are dropped. */
  block(text: string): void {
    const trimmed = trimBlock(text);
    if (trimmed === '' || this.full) return;
    this.blocks.push(trimmed);
    this.length += trimmed.length + 2;
  }

  /** Notes why the text is not the whole file; the first reason stays. */
  cut(reason: string): void {
    this.reason ??= reason;
  }

  finish(title?: string): ExtractedText {
    return { text: this.blocks.join('\n\n'), title, truncated: this.reason };
  }
}
