/**
 * Which documents a listing has seen: bit `seq` per document, least significant bit first, the
 * order of PostgreSQL's get_bit on bytea. 100,000 documents take 12.5 kB.
 */
export class SeenBitmap {
  #bytes: Uint8Array;
  #length: number;

  constructor(stored: Uint8Array = new Uint8Array()) {
    this.#bytes = Uint8Array.from(stored);
    this.#length = stored.length;
  }

  add(seq: number): void {
    const at = seq >> 3;
    if (at >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(64, this.#bytes.length * 2, at + 1));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = Math.max(this.#length, at + 1);
    this.#bytes[at]! |= 1 << (seq & 7);
  }

  /** Adds all that another one has. */
  include(other: SeenBitmap): void {
    if (other.#length > this.#bytes.length) {
      const grown = new Uint8Array(other.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = Math.max(this.#length, other.#length);
    for (let at = 0; at < other.#length; at += 1) this.#bytes[at]! |= other.#bytes[at]!;
  }

  has(seq: number): boolean {
    return ((this.#bytes[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
}
