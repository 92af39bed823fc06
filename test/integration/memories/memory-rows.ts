import { createHash, randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { DocumentState } from '../../../src/remember/document-row.js';

/** Rows as SQL writes them, for tests of what reads them. */
export class MemoryRows {
  constructor(
    private readonly tx: EntityManager,
    readonly tenant: string,
  ) {}

  async tenantRow(): Promise<void> {
    await this.tx.query(`insert into tenants (id, name) values ($1, 'rows')`, [this.tenant]);
  }

  async collection(name: string): Promise<string> {
    const id = randomUUID();
    await this.tx.query(
      `insert into embedding_spaces (model, dimensions) values ('test', 4) on conflict do nothing`,
    );
    await this.tx.query(
      `insert into collections (id, tenant_id, name, space_id)
       values ($1, $2, $3, (select id from embedding_spaces where model = 'test'))`,
      [id, this.tenant, name],
    );
    return id;
  }

  async document(collection: string, state: DocumentState): Promise<string> {
    const id = randomUUID();
    await this.tx.query(
      `insert into documents (id, tenant_id, collection_id, provider, account_id, external_id,
         partition_key, seq, version, state, title, url, author)
       values ($1, $2, $3, 'files', '/notes', $5, '.', 1, '1', $4, 'A title', 'file:///a',
         'Ann')`,
      [id, this.tenant, collection, state, id],
    );
    return id;
  }

  async memory(
    collection: string,
    text: string,
    columns: Record<string, unknown> = {},
  ): Promise<string> {
    const row: Record<string, unknown> = {
      id: randomUUID(),
      tenant_id: this.tenant,
      collection_id: collection,
      text,
      text_hash: createHash('sha256').update(text).digest('hex'),
      ...columns,
    };
    const names = Object.keys(row);
    await this.tx.query(
      `insert into memories (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')})`,
      Object.values(row),
    );
    return row['id'] as string;
  }
}
