/** Longer words hardly ever come twice. */
const LONGEST_WORD = 40;
/** UTF-16 units per word that there is room for: nearly twice the mean of real texts. */
const UNITS_PER_WORD = 12;

/**
 * A memo for a pure function of short words, which are looked up where they stand in a text: no
 * string is made of a word that is known. What is known lies in flat arrays, in the order in which
 * it was met, so that frequent words, which are met early, share cache lines. It holds at most
 * `capacity` words and forgets all of them when it is full: what is in use is soon there again.
 */
export class WordMemo<V> {
  /** Number of the word, from 1; 0: free. At most half are taken, so that a search is short. */
  private readonly slots: Int32Array;
  private readonly hashes: Int32Array;
  /** Where the units of a word end; those of the next one begin there. */
  private readonly ends: Int32Array;
  private readonly units: Uint16Array;
  private values: V[] = [];

  /** @param capacity a power of two */
  constructor(
    private readonly capacity: number,
    private readonly compute: (word: string) => V,
  ) {
    this.slots = new Int32Array(2 * capacity);
    this.hashes = new Int32Array(capacity + 1);
    this.ends = new Int32Array(capacity + 1);
    this.units = new Uint16Array(capacity * UNITS_PER_WORD);
  }

  get size(): number {
    return this.values.length;
  }

  /** `compute` of the units of `text` from `start` to before `end`. */
  get(text: string, start: number, end: number): V {
    if (end - start > LONGEST_WORD) return this.compute(text.slice(start, end));
    const { slots, hashes, values } = this;
    const hash = hashOf(text, start, end);
    const mask = slots.length - 1;
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const word = slots[at]!;
      if (hashes[word] === hash && this.equals(word, text, start, end)) return values[word - 1]!;
    }
    const value = this.compute(text.slice(start, end));
    this.add(hash, text, start, end, value);
    return value;
  }

  private equals(word: number, text: string, start: number, end: number): boolean {
    const { ends, units } = this;
    const first = ends[word - 1]!;
    if (ends[word]! - first !== end - start) return false;
    for (let i = first, at = start; at < end; i++, at++) {
      if (units[i] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  private add(hash: number, text: string, start: number, end: number, value: V): void {
    const { slots, hashes, ends, units } = this;
    const fits = ends[this.size]! + end - start <= units.length;
    if (this.size === this.capacity || !fits) this.forget();
    let unit = ends[this.size]!;
    for (let at = start; at < end; at++) units[unit++] = text.charCodeAt(at);
    const word = this.values.push(value);
    hashes[word] = hash;
    ends[word] = unit;
    const mask = slots.length - 1;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = word;
  }

  private forget(): void {
    this.slots.fill(0);
    this.values = [];
  }
}

/** FNV-1a over UTF-16 units, with the high bits, which it mixes best, brought down. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
