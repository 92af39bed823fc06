import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DocumentState } from '../remember/document-row.js';
import { DOCUMENT_COLUMNS, DOCUMENT_TABLES, type DocumentRecord } from './document-columns.js';

export interface DocumentFilter {
  /** Name of the only collection that the key may see; null = all. */
  readonly only: string | null;
  readonly connection?: string;
  readonly collection?: string;
  readonly partition?: string;
  readonly states: readonly DocumentState[];
  readonly q?: string;
}

/** Sort key: newest first, then by id. */
export type DocumentKey = [createdMicros: number, id: string];

/** The documents table as people read it and take documents out of it. */
@Injectable()
export class DocumentsRepository {
  async list(
    tx: EntityManager,
    tenant: string,
    filter: DocumentFilter,
    page: { limit: number; offset: number; after?: DocumentKey },
  ): Promise<DocumentRecord[]> {
    const parameters: unknown[] = [
      tenant,
      filter.only,
      filter.connection ?? null,
      filter.collection ?? null,
      filter.partition ?? null,
      filter.states,
      filter.q === undefined ? null : `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`,
      page.limit,
      page.after ? 0 : page.offset,
    ];
    if (page.after) parameters.push(page.after[0], page.after[1]);
    const time = `timestamptz 'epoch' + $10::bigint * interval '1 microsecond'`;
    return tx.query<DocumentRecord[]>(
      `select ${DOCUMENT_COLUMNS} from ${DOCUMENT_TABLES}
       where d.tenant_id = $1 and ($2::text is null or k.name = $2)
         and ($3::uuid is null or d.connection_id = $3)
         and ($4::text is null or k.name = $4)
         and ($5::text is null or d.partition_key = $5)
         and d.state = any($6::text[])
         and ($7::text is null or d.title ilike $7 or d.url ilike $7 or d.external_id ilike $7)
         ${page.after ? `and (d.created_at < ${time} or (d.created_at = ${time} and d.id > $11))` : ''}
       order by d.created_at desc, d.id limit $8 offset $9`,
      parameters,
    );
  }

  async find(
    tx: EntityManager,
    tenant: string,
    only: string | null,
    id: string,
  ): Promise<DocumentRecord | undefined> {
    const rows = await tx.query<DocumentRecord[]>(
      `select ${DOCUMENT_COLUMNS} from ${DOCUMENT_TABLES}
       where d.tenant_id = $1 and ($2::text is null or k.name = $2) and d.id = $3`,
      [tenant, only, id],
    );
    return rows[0];
  }

  async memoryIds(tx: EntityManager, tenant: string, document: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `select id from memories where tenant_id = $1 and document_id = $2 order by ordinal, id`,
      [tenant, document],
    );
    return rows.map((row) => row.id);
  }

  /** Notes that syncs of its collection are to leave the document out, under its next name too. */
  async suppress(tx: EntityManager, tenant: string, id: string, document: string): Promise<void> {
    await tx.query(
      `insert into suppressions (id, tenant_id, provider, account_id, collection_id, external_id,
         content_hash, document_id)
       select $3, tenant_id, provider, account_id, collection_id, external_id, content_hash, id
       from documents where tenant_id = $1 and id = $2
       on conflict do nothing`,
      [tenant, document, id],
    );
  }

  /**
   * Takes the note back, under every name that was followed; texts that were deleted one by one
   * stay away.
   */
  async unsuppress(tx: EntityManager, tenant: string, document: string): Promise<void> {
    await tx.query(
      `delete from suppressions s using documents d
       where d.tenant_id = $1 and d.id = $2 and s.tenant_id = d.tenant_id
         and s.provider = d.provider and s.account_id = d.account_id
         and (s.collection_id is null or s.collection_id = d.collection_id)
         and (s.external_id = d.external_id or s.document_id = d.id) and s.text_hash is null`,
      [tenant, document],
    );
  }

  /** Syncs leave the document alone until its source lists it again. */
  async keep(tx: EntityManager, tenant: string, document: string, now: Date): Promise<void> {
    await tx.query(`update documents set kept_at = $3 where tenant_id = $1 and id = $2`, [
      tenant,
      document,
      now,
    ]);
  }
}
