/** What the plan has to know about one memory. */
export interface DedupMember {
  readonly id: string;
  readonly pinned: boolean;
  /** Belongs to a source: deleting it would only hide it from its own document. */
  readonly synced: boolean;
  readonly importance: number;
  readonly createdAt: Date;
}

/** Memories of one container tag with the same text. */
export type EqualTexts = readonly DedupMember[];

/** Two groups, by their place in the list of groups, whose texts are near enough. */
export interface NearPair {
  readonly a: number;
  readonly b: number;
  /** Calibrated, 0 to 1. */
  readonly score: number;
}

export interface PlannedCluster {
  readonly keep: string;
  readonly duplicates: readonly { readonly id: string; readonly score: number }[];
}

/**
 * Decides who stays: groups are taken best first, and each takes in the groups that are directly
 * near to it and not taken yet. So every duplicate has a kept memory within the threshold; joining
 * whole chains (a near b, b near c) would delete texts that resemble nothing that stays.
 * Pinned and synced memories are never duplicates, whatever they resemble.
 */
export function planDedup(
  groups: readonly EqualTexts[],
  pairs: readonly NearPair[],
): PlannedCluster[] {
  const ranked = groups.map((group) => group.toSorted(byWorth));
  const near = adjacency(pairs);
  const order = [...ranked.keys()].sort((a, b) => byWorth(ranked[a]![0]!, ranked[b]![0]!));
  const taken = new Set<number>();
  const clusters: PlannedCluster[] = [];
  for (const at of order) {
    if (taken.has(at)) continue;
    taken.add(at);
    const [keep, ...rest] = ranked[at]!;
    const duplicates = deletable(rest, 1);
    for (const [other, score] of near.get(at) ?? []) {
      if (taken.has(other)) continue;
      taken.add(other);
      duplicates.push(...deletable(ranked[other]!, score));
    }
    if (duplicates.length > 0) clusters.push({ keep: keep!.id, duplicates });
  }
  return clusters;
}

/** Pinned, then synced (it stays anyway), then important, then old; ids break ties. */
function byWorth(a: DedupMember, b: DedupMember): number {
  return (
    Number(b.pinned) - Number(a.pinned) ||
    Number(b.synced) - Number(a.synced) ||
    b.importance - a.importance ||
    a.createdAt.getTime() - b.createdAt.getTime() ||
    (a.id < b.id ? -1 : 1)
  );
}

function deletable(members: EqualTexts, score: number): { id: string; score: number }[] {
  return members
    .filter((member) => !member.pinned && !member.synced)
    .map((member) => ({ id: member.id, score }));
}

function adjacency(pairs: readonly NearPair[]): Map<number, Map<number, number>> {
  const near = new Map<number, Map<number, number>>();
  const link = (from: number, to: number, score: number): void => {
    const others = near.get(from) ?? new Map<number, number>();
    near.set(from, others.set(to, score));
  };
  for (const { a, b, score } of pairs) {
    link(a, b, score);
    link(b, a, score);
  }
  return near;
}
