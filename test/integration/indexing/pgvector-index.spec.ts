import { vectorIndexContract } from '../../../src/indexing/vector-index.contract.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

describeOnEachDatabase('PgVectorIndex', (open) => {
  vectorIndexContract(async () => {
    const database = await open();
    const { index, folder } = pgvectorParts(database);
    const tables = await IndexTables.create(database);
    return {
      index,
      tenant: tables.tenant,
      space: tables.space,
      transaction: (work) => database.inTenant(tables.tenant, work),
      addSpace: () => tables.addSpace(),
      addCollection: () => tables.addCollection(),
      addRow: (collection, labels) => tables.addRow(collection, labels),
      settle: () => folder.foldAll(),
    };
  });
});
