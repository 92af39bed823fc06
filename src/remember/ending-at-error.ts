/** What a source gave before it threw, so that it can be settled first. */
export interface EndingAtError<T> {
  /** Ends where the source throws. */
  readonly items: AsyncIterable<T>;
  hasThrown(): boolean;
  /** Throws what the source threw, if it did. */
  rethrow(): void;
}

export function endingAtError<T>(source: AsyncIterable<T>): EndingAtError<T> {
  const iterator = source[Symbol.asyncIterator]();
  let thrown: { readonly error: unknown } | undefined;
  async function* items(): AsyncGenerator<T> {
    try {
      for (;;) {
        const next = await iterator.next().catch((error: unknown) => {
          thrown = { error };
        });
        if (!next || next.done) return;
        yield next.value;
      }
    } finally {
      if (!thrown) await iterator.return?.();
    }
  }
  return {
    items: items(),
    hasThrown: () => thrown !== undefined,
    rethrow: () => {
      if (thrown) throw thrown.error;
    },
  };
}
