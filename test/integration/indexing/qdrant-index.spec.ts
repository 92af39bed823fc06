import { vectorIndexContract } from '../../../src/indexing/vector-index.contract.js';
import { IndexTables } from './index-fixtures.js';
import { describeOnQdrant, qdrantTestParts } from './qdrant-fixtures.js';

describeOnQdrant('QdrantIndex', (open, qdrant) => {
  describe('once points have followed the rows', () => {
    // The contract opens an index more than once.
    const removals: (() => Promise<void>)[] = [];
    afterAll(async () => {
      for (const remove of removals) await remove();
    });

    vectorIndexContract(async () => {
      const database = await open();
      const parts = qdrantTestParts(database, qdrant().url);
      const { index, folder, drain } = parts;
      removals.push(parts.remove);
      const tables = await IndexTables.create(database);
      return tables.harness(index, async () => {
        await folder.foldAll();
        await drain();
      });
    });
  });

  describe('before any point is written', () => {
    vectorIndexContract(async () => {
      const database = await open();
      const { index, folder } = qdrantTestParts(database, qdrant().url);
      const tables = await IndexTables.create(database);
      return tables.harness(index, () => folder.foldAll());
    });
  });
});
