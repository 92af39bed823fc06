import type { Clock } from '../../src/common/clock.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import type { Database } from '../../src/database/database.js';
import { FakeVectorIndex } from '../../src/indexing/fake.index.js';
import type { VectorIndex } from '../../src/indexing/vector-index.js';
import { DocumentLifecycle } from '../../src/remember/document-lifecycle.js';
import { DocumentRowsRepository } from '../../src/remember/document-rows.repository.js';
import { MemoryRowsRepository } from '../../src/remember/memory-rows.repository.js';

/** The lifecycle of documents on a real database. */
export function documentLifecycle(
  database: Database,
  clock: Clock,
  index: VectorIndex = new FakeVectorIndex(),
): DocumentLifecycle {
  return new DocumentLifecycle(
    new BackgroundDatabase(database),
    new DocumentRowsRepository(),
    new MemoryRowsRepository(),
    index,
    clock,
  );
}
