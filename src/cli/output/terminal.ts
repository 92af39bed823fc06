import { styleFor, wantsColours, type Style } from './style.js';

/** Where a command writes: answers to stdout, everything about the way there to stderr. */
export interface Terminal {
  /** Adds a line to stdout. */
  out(line: string): void;
  /** Adds a line to stderr. */
  note(line: string): void;
  /** Writes to stderr as it is, for lines that replace themselves. */
  draw(text: string): void;
  /** Cells per line of stdout; Infinity where it is not a terminal, so that nothing is cut. */
  readonly width: number;
  /** Whether stderr can show lines that replace themselves, and how wide it is. */
  readonly live: boolean;
  readonly liveWidth: number;
  /** For stdout and for stderr. */
  readonly style: Style;
  readonly noteStyle: Style;
}

const DEFAULT_WIDTH = 80;

export function processTerminal(process: NodeJS.Process): Terminal {
  const { stdout, stderr, env } = process;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    draw: (text) => void stderr.write(text),
    get width() {
      return stdout.isTTY ? stdout.columns || DEFAULT_WIDTH : Infinity;
    },
    live: stderr.isTTY && env['TERM'] !== 'dumb',
    get liveWidth() {
      return stderr.columns || DEFAULT_WIDTH;
    },
    style: styleFor(wantsColours(stdout.isTTY, env)),
    noteStyle: styleFor(wantsColours(stderr.isTTY, env)),
  };
}
