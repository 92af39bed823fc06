import type { Steps } from '../steps.js';

export interface Line {
  readonly start: number;
  /** Without the line feed. */
  readonly end: number;
  readonly blank: boolean;
  /** The first characters, enough to tell what kind of line it is, whatever its length. */
  readonly head: string;
  /** The whole line when it is at most HEAD characters long. */
  readonly whole?: string;
}

const HEAD = 200;
/** Lines between two pauses. */
export const LINES_PER_STEP = 256;

/** Cuts a text at its line feeds. */
export function* linesOf(source: string): Steps<Line[]> {
  const lines: Line[] = [];
  for (let start = 0; start <= source.length;) {
    const feed = source.indexOf('\n', start);
    const end = feed < 0 ? source.length : feed;
    const head = source.slice(start, Math.min(end, start + HEAD));
    const whole = end - start <= HEAD ? head : undefined;
    const blank = head.trim() === '' && (whole !== undefined || isBlank(source, start, end));
    lines.push({ start, end, blank, head, whole });
    start = end + 1;
    if (lines.length % LINES_PER_STEP === 0) yield;
  }
  return lines;
}

const isBlank = (source: string, start: number, end: number): boolean =>
  source.slice(start, end).trim() === '';
