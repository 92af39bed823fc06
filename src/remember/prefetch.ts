/**
 * Runs an async generator up to `depth` items ahead of its consumer, so that reading and embedding
 * go on while the database writes. Errors arrive in order; an early `return` stops the producer.
 */
export async function* prefetch<T>(source: AsyncIterable<T>, depth = 1): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const pending: Promise<IteratorResult<T>>[] = [];
  const request = (): void => {
    const next = iterator.next();
    next.catch(() => undefined); // reported when its turn comes
    pending.push(next);
  };
  try {
    for (let ahead = 0; ahead <= depth; ahead += 1) request();
    for (;;) {
      const result = await pending.shift()!;
      if (result.done) return;
      request();
      yield result.value;
    }
  } finally {
    await Promise.allSettled(pending);
    await iterator.return?.();
  }
}
