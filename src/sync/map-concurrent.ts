/**
 * Applies `work` to up to `limit` items at a time and yields the results in order. `work` must not
 * reject: what goes wrong with one item belongs into its result.
 */
export async function* mapConcurrent<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    running.push(work(item));
    if (running.length >= limit) yield await running.shift()!;
  }
  while (running.length > 0) yield await running.shift()!;
}
