import { setTimeout as pause } from 'node:timers/promises';

/** Something that ought to have come about has not. */
export class InVain extends Error {}

/**
 * Asks until the answer is something. What throws counts as no answer: under faults it may.
 * @throws InVain with the last error when there is none within `withinMs`
 */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown = 'it was not so';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new InVain(`In vain for ${withinMs} ms: ${what} (${String(last)})`);
    await pause(100);
  }
}
