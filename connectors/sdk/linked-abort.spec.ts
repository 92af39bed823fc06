import { getEventListeners } from 'node:events';
import { withLinkedAbort } from './linked-abort.js';

describe('withLinkedAbort', () => {
  it('ends the work with the reason of the caller', async () => {
    const caller = new AbortController();
    const work = withLinkedAbort(caller.signal, async ({ signal }) => {
      caller.abort(new Error('the run was cancelled'));
      await Promise.resolve();
      signal.throwIfAborted();
    });
    await expect(work).rejects.toThrow('the run was cancelled');
  });

  it('leaves nothing on the signal, however the work ends', async () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 20 }, (_, i) =>
      withLinkedAbort(signal, () => (i % 2 ? Promise.reject(new Error('no')) : Promise.resolve())),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(20);
    await Promise.allSettled(calls);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
