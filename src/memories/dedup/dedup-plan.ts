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

/** Which groups, by their place, are near to one: see NearVectors. */
export interface NearGroups {
  /** Takes a group out and answers those still in that are near to it. */
  take(at: number): readonly { readonly at: number; readonly score: number }[];
  remove(at: number): void;
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
 * @returns one step for each group that stays; null where it has no duplicates
 */
export function* planDedup(
  groups: readonly EqualTexts[],
  near: NearGroups,
): Generator<PlannedCluster | null> {
  const ranked = groups.map((group) => group.toSorted(byWorth));
  const order = [...ranked.keys()].sort((a, b) => byWorth(ranked[a]![0]!, ranked[b]![0]!));
  const taken = new Set<number>();
  for (const at of order) {
    if (taken.has(at)) continue;
    const [keep, ...rest] = ranked[at]!;
    const duplicates = deletable(rest, 1);
    for (const other of near.take(at)) {
      near.remove(other.at);
      taken.add(other.at);
      duplicates.push(...deletable(ranked[other.at]!, other.score));
    }
    yield duplicates.length > 0 ? { keep: keep!.id, duplicates } : null;
  }
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
