/** A fact as it enters the pipeline: stored as it is, without chunking or extraction. */
export interface NewMemory {
  readonly text: string;
  readonly importance?: number;
  readonly category?: string;
  readonly memoryType?: string;
  readonly source?: string;
  readonly containerTag?: string | null;
  readonly metadata?: Record<string, unknown>;
  readonly images?: unknown[];
  readonly author?: string | null;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly expiresAt?: Date | null;
  readonly createdAt?: Date;
}

/** The collection that a write goes to, with the space that its vectors live in. */
export interface TargetCollection {
  readonly id: string;
  readonly name: string;
  readonly spaceId: number;
  readonly dimensions: number;
  /** Embedding model of the space; a write with another one is refused. */
  readonly model: string;
}

/** Longest text of one directly written memory, in characters (contracts/longmem: 1..10000). */
export const MAX_MEMORY_CHARACTERS = 10_000;
