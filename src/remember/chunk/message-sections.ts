import type { Steps } from '../steps.js';
import { blockOf, type Block, type Section } from './block.js';
import { linesOf } from './lines.js';

/** `Anna Berg (8 May 2026 10:31): `, at the start of a line. */
const MESSAGE = /^\S.{0,99}? \([^()\n]{1,60}\):(?=\s|$)/;

/**
 * Cuts a conversation, written as one `name (time): text` per message, before each message. The
 * text of a message may have any number of lines. Markdown is not looked for: in chat, a line that
 * begins with # is a channel more often than a heading.
 */
export function* messageSections(source: string): Steps<Section[]> {
  const starts: { at: number; name?: string }[] = [{ at: 0 }];
  for (const line of yield* linesOf(source)) {
    yield;
    const name = MESSAGE.exec(line.head)?.[0];
    if (name !== undefined) starts.push({ at: line.start, name });
  }
  const blocks: Block[] = [];
  for (const [index, { at, name }] of starts.entries()) {
    const end = starts[index + 1]?.at ?? source.length;
    const repeat = name === undefined ? undefined : `${name} `;
    const block = blockOf(source, at, end, 'prose', repeat);
    if (block) blocks.push(block);
    yield;
  }
  return [{ path: [], blocks }];
}
