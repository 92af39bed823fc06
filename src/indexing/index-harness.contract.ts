import type { EntityManager } from 'typeorm';
import type { FakeMemory } from './fake.index.js';
import type { SpaceRef, VectorIndex } from './vector-index.js';

/** An index with the tables around it. */
export interface IndexHarness {
  readonly index: VectorIndex;
  readonly tenant: string;
  /** Three dimensions. */
  readonly space: SpaceRef;
  transaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T>;
  /** Another space, also of three dimensions. */
  addSpace(): Promise<SpaceRef>;
  addCollection(): Promise<string>;
  /** Makes a memory's row and answers its id. */
  addRow(collectionId: string, labels?: Partial<FakeMemory>): Promise<string>;
  /** Makes all statistics current. */
  settle(): Promise<void>;
}
