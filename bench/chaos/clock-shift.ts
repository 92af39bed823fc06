import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before a server (`NODE_OPTIONS=--import`): on SIGUSR2 its clock jumps by the milliseconds
 * that the file named in CHAOS_CLOCK_FILE holds, as when a machine's clock is set. Timers go on.
 */
const file = process.env['CHAOS_CLOCK_FILE'];

if (isMainThread && file !== undefined) {
  let shiftMs = 0;
  const RealDate = Date;
  const now = (): number => RealDate.now() + shiftMs;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, given: unknown[], made) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, made) as object,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
  process.on('SIGUSR2', () => {
    shiftMs = Number(readFileSync(file, 'utf8'));
  });
}
