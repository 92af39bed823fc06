/**
 * A string-keyed cache of at most `2 * generation` entries. When the young generation is full it
 * becomes the old one and the previous old one is dropped; a hit in the old one moves the entry
 * back, so what is in use stays. Cheaper per hit than an LRU list.
 */
export class BoundedCache<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  constructor(private readonly generation: number) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): V | undefined {
    const hit = this.young.get(key);
    if (hit !== undefined) return hit;
    const aged = this.old.get(key);
    if (aged !== undefined) {
      this.old.delete(key);
      this.set(key, aged);
    }
    return aged;
  }

  /** Keys must not be slices of larger strings: V8 would keep the larger string alive. */
  set(key: string, value: V): void {
    if (this.young.size >= this.generation) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
