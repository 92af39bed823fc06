/** What one write changes in the statistics of one collection. */
export interface StatisticsDelta {
  readonly collectionId: string;
  /** Documents added less documents removed. */
  readonly documents: number;
  /** Words added less words removed. */
  readonly totalLength: number;
  /** By term id: documents with the term added less those removed; never 0. */
  readonly counts: ReadonlyMap<number, number>;
}

interface CountedDocument {
  readonly collectionId: string;
  readonly length: number;
  readonly terms: readonly number[];
}

/** One delta per collection; a collection in which nothing changes has none. */
export function statisticsDeltas(
  added: readonly CountedDocument[],
  removed: readonly CountedDocument[],
): StatisticsDelta[] {
  const sums = new Map<string, { documents: number; totalLength: number; counts: Counts }>();
  const count = (document: CountedDocument, sign: 1 | -1): void => {
    let sum = sums.get(document.collectionId);
    if (!sum) {
      sum = { documents: 0, totalLength: 0, counts: new Map() };
      sums.set(document.collectionId, sum);
    }
    sum.documents += sign;
    sum.totalLength += sign * document.length;
    for (const term of document.terms) {
      sum.counts.set(term, (sum.counts.get(term) ?? 0) + sign);
    }
  };
  for (const document of added) count(document, 1);
  for (const document of removed) count(document, -1);
  return [...sums]
    .map(([collectionId, sum]) => ({ collectionId, ...sum, counts: withoutZeros(sum.counts) }))
    .filter((delta) => delta.documents || delta.totalLength || delta.counts.size > 0);
}

type Counts = Map<number, number>;

function withoutZeros(counts: Counts): Counts {
  for (const [term, count] of counts) if (count === 0) counts.delete(term);
  return counts;
}
