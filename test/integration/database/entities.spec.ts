import { entities } from '../../../src/database/entities.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';

interface ColumnRow {
  table: string;
  column: string;
  nullable: boolean;
}

/** Written with SQL of their own and read by nobody else (src/indexing/pgvector). */
const WITHOUT_ENTITY = ['vectors', 'words', 'migrations'];

describeOnEachDatabase('entities', (open) => {
  it('name exactly the tables and columns that the migrations make', async () => {
    const database = await open();
    const [rows, metadata] = await database.asSystem(async (tx) => [
      await tx.query<ColumnRow[]>(
        `select table_name as table, column_name as column, is_nullable = 'YES' as nullable
         from information_schema.columns where table_schema = current_schema()
         order by 1, 2`,
      ),
      tx.connection.entityMetadatas,
    ]);
    const made = rows
      .filter((row) => !WITHOUT_ENTITY.includes(row.table))
      .map((row) => `${row.table}.${row.column}${row.nullable ? '?' : ''}`);
    const mapped = metadata.flatMap((entity) =>
      entity.columns.map(
        (column) => `${entity.tableName}.${column.databaseName}${column.isNullable ? '?' : ''}`,
      ),
    );
    expect(mapped.sort()).toEqual(made.sort());
    expect(metadata).toHaveLength(entities.length);
  });
});
