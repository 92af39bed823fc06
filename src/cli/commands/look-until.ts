import { interrupted } from '../cli-error.js';
import type { CliContext } from '../context.js';

const LOOK_AGAIN_MS = 300;

/** Looks again and again until it is over. */
export async function lookUntil<T>(
  { runtime: { clock, signal } }: CliContext,
  look: () => Promise<T>,
  isOver: (now: T) => boolean,
): Promise<T> {
  for (;;) {
    const now = await look();
    if (isOver(now)) return now;
    await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {
      throw interrupted();
    });
  }
}
