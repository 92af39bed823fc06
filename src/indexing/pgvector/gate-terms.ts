/**
 * The keys under which a memory stands in the GIN index of words: its term ids mixed with its
 * collection, so that a lookup reads the matches of the searched collections only, however many
 * other collections share the table and the words. The exact scores come from the unmixed ids of
 * `weights`, so two keys that coincide by chance cost one needless comparison and nothing else.
 */
export function gateTerms(collectionId: string, terms: readonly number[]): number[] {
  const key = collectionKey(collectionId);
  return terms.map((term) => mix(term ^ key));
}

function collectionKey(collectionId: string): number {
  const bytes = Buffer.from(collectionId.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw new RangeError(`${collectionId} is not a UUID`);
  let key = 0;
  for (let at = 0; at < 16; at += 4) key = mix(key ^ bytes.readInt32BE(at));
  return key;
}

/** MurmurHash3's finaliser: a bijection on 32-bit integers. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
