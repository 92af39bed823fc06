/** A stored memory with all that its vector and words are made of. */
export interface StoredMemory {
  readonly id: string;
  readonly text: string;
  readonly headingPath: readonly string[];
  /** Of its document; null for directly written memories. */
  readonly title: string | null;
  readonly listedTitle: string | null;
  readonly author: string | null;
  /** The one that is searchable as words. */
  readonly date: Date | null;
}

/** Where a page of memories ends. */
export interface PageEnd {
  readonly hash: string;
  readonly id: string;
}
