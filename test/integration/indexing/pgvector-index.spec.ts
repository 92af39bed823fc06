import { vectorIndexContract } from '../../../src/indexing/vector-index.contract.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

describeOnEachDatabase('PgVectorIndex', (open) => {
  vectorIndexContract(async () => {
    const database = await open();
    const { index, folder } = pgvectorParts(database);
    const tables = await IndexTables.create(database);
    return tables.harness(index, () => folder.foldAll());
  });
});
