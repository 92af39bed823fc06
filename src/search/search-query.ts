import type { MemoryFilter } from '../indexing/vector-index.js';

export type SearchMode = 'hybrid' | 'vector' | 'text';

/** One search, as other features ask for it. */
export interface SearchQuery {
  /** 1 to 10,000 characters. */
  readonly query: string;
  /** The collections to search; an unknown one is an error. Without them: all there are. */
  readonly collections?: readonly string[];
  /** The only collection that may be seen where none is named (a restricted key); null = all. */
  readonly only?: string | null;
  /** 1 to 100. */
  readonly limit: number;
  /** 0 to 1. Hits of the vector arm reach it; a hit by words may lie below. */
  readonly minScore: number;
  /** Default: hybrid. */
  readonly mode?: SearchMode;
  readonly filter?: MemoryFilter;
  /** Importance and recency, see `boosts.ts`. Default: true. */
  readonly boosts?: boolean;
  /** Chunks before and after a synced hit to answer with it, 0 to 3. Default: 0. */
  readonly neighbours?: number;
}
