/** More than this share and more than this many at once is held for a person to confirm. */
export const HOLD_SHARE = 0.2;
export const HOLD_COUNT = 50;
/** The loss of everything is held above this many: an unmounted drive looks like that. */
export const HOLD_ALL_COUNT = 10;

/**
 * Which partitions' deletions are held: those that would lose too much by themselves, or all of
 * them when the connection as a whole would, or would lose everything.
 * @param losses documents to hide, by partition
 * @param live documents that the source should have, by partition, and of the whole connection under ''
 */
export function holdsDeletions(
  losses: ReadonlyMap<string, number>,
  live: ReadonlyMap<string, number>,
): Set<string> {
  const lossy = [...losses].filter(([, lost]) => lost > 0);
  const total = lossy.reduce((sum, [, lost]) => sum + lost, 0);
  const stored = live.get('') ?? 0;
  const isEverything = total > HOLD_ALL_COUNT && total >= stored;
  if (isEverything || isMass(total, stored)) return new Set(lossy.map(([key]) => key));
  return new Set(
    lossy.filter(([key, lost]) => isMass(lost, live.get(key) ?? 0)).map(([key]) => key),
  );
}

function isMass(lost: number, stored: number): boolean {
  return lost > HOLD_COUNT && lost > stored * HOLD_SHARE;
}
