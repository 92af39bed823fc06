/** Longer words hardly ever come twice. */
const LONGEST_WORD = 40;
/** Characters that a slot has room for, of one byte each: those of nearly all words. */
const LONGEST_PACKED = 11;
/** Integers of a slot: characters, characters, the rest with the length, the value. */
const SLOT = 4;
const WITH_LENGTH = 2;
const VALUE = 3;
/** In the sign of the integer with the length: the value is the number of one of `values`. */
const ELSEWHERE = 1 << 31;

/**
 * A memo for a pure function of short words, which are looked up where they stand in a text: no
 * string is made of a word that is known. In a busy server nearly all of a look is waiting for
 * memory, so a word lies packed in a slot, within one cache line, together with its value where
 * that is an integer. Words that do not fit lie in a Map. It holds at most `capacity` words and
 * forgets all of them when it is full: what is in use is soon there again.
 */
export class WordMemo<V> {
  /** At most half are taken, so that a search is short; free ones have the length 0. */
  private readonly slots: Int32Array;
  private packed = 0;
  private values: V[] = [];
  private readonly unpacked = new Map<string, V>();

  /** @param capacity a power of two */
  constructor(
    private readonly capacity: number,
    private readonly compute: (word: string) => V,
  ) {
    this.slots = new Int32Array(2 * capacity * SLOT);
  }

  get size(): number {
    return this.packed + this.unpacked.size;
  }

  /** `compute` of the units of `text` from `start` to before `end`. */
  get(text: string, start: number, end: number): V {
    const length = end - start;
    if (length > LONGEST_PACKED || length === 0) return this.getUnpacked(text.slice(start, end));
    // Written out: it runs for each word of each text, and with an array took a third more time.
    let units = 0;
    let a = 0;
    let b = 0;
    let c = length << 24;
    let at = start;
    for (let shift = 0; at < end && shift < 32; at++, shift += 8) {
      const unit = text.charCodeAt(at);
      units |= unit;
      a |= unit << shift;
    }
    for (let shift = 0; at < end && shift < 32; at++, shift += 8) {
      const unit = text.charCodeAt(at);
      units |= unit;
      b |= unit << shift;
    }
    for (let shift = 0; at < end; at++, shift += 8) {
      const unit = text.charCodeAt(at);
      units |= unit;
      c |= unit << shift;
    }
    if (units > 0xff) return this.getUnpacked(text.slice(start, end));
    const { slots } = this;
    const slot = this.find(a, b, c);
    const taken = slots[slot + WITH_LENGTH]!;
    if (taken === 0) return this.add(a, b, c, text.slice(start, end));
    const value = slots[slot + VALUE]!;
    return taken < 0 ? this.values[value]! : (value as V);
  }

  /** Where the word lies, or the free slot where it would. */
  private find(a: number, b: number, c: number): number {
    const { slots } = this;
    const last = slots.length - SLOT;
    let slot = Math.imul(hashOf(a, b, c), SLOT) & last;
    for (let taken; (taken = slots[slot + WITH_LENGTH]!) !== 0; slot = (slot + SLOT) & last) {
      if (slots[slot] === a && slots[slot + 1] === b && (taken & ~ELSEWHERE) === c) break;
    }
    return slot;
  }

  private add(a: number, b: number, c: number, word: string): V {
    const value = this.compute(word);
    this.makeRoom();
    const { slots } = this;
    const slot = this.find(a, b, c);
    const isInteger = typeof value === 'number' && (value | 0) === value;
    slots[slot] = a;
    slots[slot + 1] = b;
    slots[slot + WITH_LENGTH] = isInteger ? c : c | ELSEWHERE;
    slots[slot + VALUE] = isInteger ? value : this.values.push(value) - 1;
    this.packed += 1;
    return value;
  }

  private getUnpacked(word: string): V {
    const known = this.unpacked.get(word);
    if (known !== undefined) return known;
    const value = this.compute(word);
    if (word.length > LONGEST_WORD) return value;
    this.makeRoom();
    this.unpacked.set(detached(word), value);
    return value;
  }

  private makeRoom(): void {
    if (this.size < this.capacity) return;
    this.slots.fill(0);
    this.packed = 0;
    this.values = [];
    this.unpacked.clear();
  }
}

/** The word alone: as a slice it would keep the text in memory that it was cut from. */
function detached(word: string): string {
  return ` ${word}`.slice(1);
}

function hashOf(a: number, b: number, c: number): number {
  let hash = Math.imul(a, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
