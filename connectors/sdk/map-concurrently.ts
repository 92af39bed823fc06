export interface Weights<Item> {
  readonly weigh: (item: Item) => number;
  /** Of the items in flight, together; one that is heavier goes alone. */
  readonly most: number;
}

/**
 * `map` over the items with at most `limit` calls in flight; results in the order of the items.
 * After one that fails none is begun.
 */
export function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
  { weigh, most }: Weights<Item> = { weigh: () => 0, most: 0 },
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let [next, inFlight, weight] = [0, 0, 0];
  let hasFailed = false;
  return new Promise((resolve, reject) => {
    const mayBegin = (): boolean =>
      !hasFailed &&
      next < items.length &&
      inFlight < limit &&
      (inFlight === 0 || weight + weigh(items[next]!) <= most);
    const run = async (index: number): Promise<void> => {
      const own = weigh(items[index]!);
      inFlight += 1;
      weight += own;
      try {
        results[index] = await map(items[index]!);
      } catch (error) {
        hasFailed = true;
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
        reject(error);
      }
      inFlight -= 1;
      weight -= own;
      begin();
    };
    const begin = (): void => {
      while (mayBegin()) void run(next++);
      if (inFlight === 0 && next === items.length) resolve(results);
    };
    begin();
  });
}
