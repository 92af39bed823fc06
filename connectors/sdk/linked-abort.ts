import { setMaxListeners } from 'node:events';

/**
 * Runs `work` with a signal that aborts with the caller's signal, or by the given controller, and
 * takes its listener off the caller's signal afterwards. `AbortSignal.any` over a long-lived
 * signal keeps memory on Node 20 (https://github.com/nodejs/node/issues/54614).
 */
export async function withLinkedAbort<T>(
  signal: AbortSignal | undefined,
  work: (controller: AbortController) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  // Any number of calls may be under way with one signal: not the leak that Node warns of.
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
