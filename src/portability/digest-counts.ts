/** Three words of a digest and one for its count. */
const WORDS = 4;
const KEY_WORDS = 3;
const HEX_PER_WORD = 8;
const FIRST_CAPACITY = 16;
/** Fuller tables find a free place only after many others. */
const MAX_LOAD = 0.7;

/**
 * Counts by digest in 16 bytes a place, where a Map of texts takes ten times that. The first 96
 * bits of a digest stand for all of it: among ten million, two are alike in them with a
 * probability of 1e-15.
 */
export class DigestCounts {
  private table = new Uint32Array(FIRST_CAPACITY * WORDS);
  private size = 0;

  /** @param digest at least 24 hexadecimal digits; 0 for one that was not set */
  get(digest: string): number {
    const counted = this.table[this.place(this.table, wordsOf(digest)) + KEY_WORDS]!;
    return Math.max(counted - 1, 0);
  }

  set(digest: string, count: number): void {
    const key = wordsOf(digest);
    let at = this.place(this.table, key);
    if (this.table[at + KEY_WORDS] === 0) {
      this.size++;
      if (this.size > (this.table.length / WORDS) * MAX_LOAD) {
        this.grow();
        at = this.place(this.table, key);
      }
    }
    this.table.set(key, at);
    // 0 marks a free place.
    this.table[at + KEY_WORDS] = count + 1;
  }

  /** Where the key is, or the free place where it would be. */
  private place(table: Uint32Array, key: ArrayLike<number>): number {
    const capacity = table.length / WORDS;
    for (let slot = key[0]! % capacity; ; slot = (slot + 1) % capacity) {
      const at = slot * WORDS;
      if (table[at + KEY_WORDS] === 0) return at;
      if (table[at] === key[0] && table[at + 1] === key[1] && table[at + 2] === key[2]) return at;
    }
  }

  private grow(): void {
    const grown = new Uint32Array(this.table.length * 2);
    for (let at = 0; at < this.table.length; at += WORDS) {
      if (this.table[at + KEY_WORDS] === 0) continue;
      const entry = this.table.subarray(at, at + WORDS);
      grown.set(entry, this.place(grown, entry));
    }
    this.table = grown;
  }
}

function wordsOf(digest: string): number[] {
  return Array.from({ length: KEY_WORDS }, (_, word) =>
    Number.parseInt(digest.slice(word * HEX_PER_WORD, (word + 1) * HEX_PER_WORD), 16),
  );
}
