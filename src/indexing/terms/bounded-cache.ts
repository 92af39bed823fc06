/**
 * A memo for a pure function of a short string. It holds at most twice `capacity` entries: when
 * the young generation is full it becomes the old one, and what is still used is copied back on
 * its next use. Unlike an LRU list this costs nothing per hit beyond the map look-up.
 */
export class BoundedCache<V extends number | string> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  constructor(
    private readonly capacity: number,
    private readonly longestKey: number,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** The cached value for `key`, else `compute(key)`. */
  get(key: string, compute: (key: string) => V): V {
    const fresh = this.young.get(key);
    if (fresh !== undefined) return fresh;
    const aged = this.old.get(key);
    const value = aged ?? compute(key);
    if (key.length > this.longestKey) return value;
    if (this.young.size >= this.capacity) {
      this.old = this.young;
      this.young = new Map();
    }
    // A substring keeps its whole parent text alive in V8; a copy keeps only its own characters.
    this.young.set(Buffer.from(key, 'utf16le').toString('utf16le'), value);
    return value;
  }
}
