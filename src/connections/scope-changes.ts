import type { Partition } from '../../connectors/sdk/contract.js';

export interface ScopePart {
  readonly key: string;
  readonly title: string;
}

export interface ScopeChanges {
  readonly added: ScopePart[];
  readonly removed: ScopePart[];
  readonly kept: ScopePart[];
}

/**
 * What another configuration changes. Both listings are of the same moment, so a difference comes
 * from the configuration, never from what happened at the source meanwhile. A partition that is
 * listed but skipped is not read, so it is out of scope.
 */
export function scopeChanges(
  before: readonly Partition[],
  after: readonly Partition[],
): ScopeChanges {
  const old = inScope(before);
  const next = inScope(after);
  const only = (these: ReadonlyMap<string, ScopePart>, keep: (key: string) => boolean) =>
    [...these.values()].filter(({ key }) => keep(key)).sort(byKey);
  return {
    added: only(next, (key) => !old.has(key)),
    removed: only(old, (key) => !next.has(key)),
    kept: only(next, (key) => old.has(key)),
  };
}

function inScope(partitions: readonly Partition[]): Map<string, ScopePart> {
  return new Map(
    partitions
      .filter(({ skipReason }) => skipReason === undefined)
      .map(({ key, title }) => [key, { key, title }]),
  );
}

function byKey(a: ScopePart, b: ScopePart): number {
  return a.key < b.key ? -1 : Number(a.key > b.key);
}
