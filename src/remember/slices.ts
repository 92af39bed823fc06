/** Cuts a list into parts of at most `size`, in order. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

/**
 * Cuts documents into parts that cost at most `size`, in order; one that costs more is a part by
 * itself.
 * @param cost of one document; at least 1 is counted
 */
export function* slicesByCost<T>(
  documents: readonly T[],
  size: number,
  cost: (document: T) => number,
): Generator<readonly T[]> {
  let part: T[] = [];
  let sum = 0;
  for (const document of documents) {
    const own = Math.max(1, cost(document));
    if (part.length > 0 && sum + own > size) {
      yield part;
      part = [];
      sum = 0;
    }
    part.push(document);
    sum += own;
  }
  if (part.length > 0) yield part;
}

/** The first documents of a list, whose chunks one transaction may label, hide or remove. */
export function firstByChunks<T extends { readonly chunkCount: number }>(
  documents: readonly T[],
  size: number,
): readonly T[] {
  const [first] = slicesByCost(documents, size, ({ chunkCount }) => chunkCount);
  return first ?? [];
}
