import type { Clock } from '../../common/clock.js';
import type { Terminal } from './terminal.js';

const CLEAR_BELOW = '\u001b[0J';
/** Where lines cannot replace themselves, one is added so often. */
const QUIET_MS = 5_000;

/** A block of lines on stderr that is drawn again as things go on. */
export class ProgressBoard {
  private drawn = 0;
  private lastNote: number | undefined;
  private lastText = '';

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {}

  get width(): number {
    // The last cell stays free: some terminals break the line when it is written to.
    return this.terminal.live ? this.terminal.liveWidth - 1 : Infinity;
  }

  /** Replaces the block. In a pipe or log a changed block is added every few seconds. */
  show(lines: readonly string[]): void {
    const text = lines.join('\n');
    if (this.terminal.live) {
      if (this.drawn > 0 && text === this.lastText) return;
      this.terminal.draw(`${this.home()}${lines.map((line) => `${line}\n`).join('')}`);
      this.drawn = lines.length;
      this.lastText = text;
      return;
    }
    const now = this.clock.now().getTime();
    this.lastNote ??= now;
    if (now - this.lastNote < QUIET_MS || text === this.lastText) return;
    this.lastNote = now;
    this.lastText = text;
    for (const line of lines) this.terminal.note(line);
  }

  /** Adds a line that stays, above the block. */
  keep(line: string): void {
    this.clear();
    this.terminal.note(line);
  }

  clear(): void {
    if (this.drawn > 0) this.terminal.draw(this.home());
    this.drawn = 0;
  }

  private home(): string {
    return this.drawn === 0 ? '' : `\u001b[${this.drawn}A\r${CLEAR_BELOW}`;
  }
}
