import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS } from './patience.js';

const POLL_MS = 20;

/**
 * Asks until the answer is something; for what happens in the background, which a test cannot
 * await. @throws when there is none within `timeoutMs`
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Waited in vain for: ${what}`);
    await delay(POLL_MS);
  }
}

/** A door that stays shut until the test opens it. */
export class Gate {
  /** Resolves when somebody stands at the door. */
  readonly reached: Promise<void>;
  private readonly opened: Promise<void>;
  private arrive!: () => void;
  open!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.arrive = resolve));
    this.opened = new Promise((resolve) => (this.open = resolve));
  }

  pass(): Promise<void> {
    this.arrive();
    return this.opened;
  }
}
