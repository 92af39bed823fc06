import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that pauses often, so that other work may come in between. */
export type Steps<T> = Generator<void, T, void>;

/** Milliseconds for which steps are taken in one go. */
const TURN_MS = 5;

/** Takes all steps in one go: for work that is known to be small. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Gives the event loop its turn every few milliseconds: requests, timers and heartbeats go on. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let turnEnd = performance.now() + TURN_MS;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    if (performance.now() < turnEnd) continue;
    await nextTurn();
    turnEnd = performance.now() + TURN_MS;
  }
}
