import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PageEnd, StoredMemory } from './stored-memory.js';

@Injectable()
export class StoredTextsRepository {
  /** Ids of a collection's memories, hidden ones too, along the index on their hashes. */
  async page(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    after: PageEnd | null,
    limit: number,
  ): Promise<PageEnd[]> {
    return tx.query<PageEnd[]>(
      `select id, text_hash as hash from memories
       where tenant_id = $1 and collection_id = $2 and (text_hash, id) > ($3, $4::uuid)
       order by text_hash, id limit $5`,
      [tenant, collectionId, after?.hash ?? '', after?.id ?? FIRST_ID, limit],
    );
  }

  /**
   * Those of these memories that are (still) in the collection.
   * @param lock nobody changes them until the transaction ends
   */
  async read(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    ids: readonly string[],
    lock = false,
  ): Promise<StoredMemory[]> {
    return tx.query<StoredMemory[]>(
      `select m.id, m.text, m.heading_path as "headingPath", d.title,
         d.listed_title as "listedTitle", d.author,
         coalesce(d.source_created_at, d.source_updated_at) as date
       from memories m left join documents d on d.id = m.document_id
       where m.tenant_id = $1 and m.collection_id = $2 and m.id = any($3::uuid[])
       order by m.id ${lock ? 'for share of m' : ''}`,
      [tenant, collectionId, ids],
    );
  }

  /** How many memories a collection has, and how many characters they are. */
  async measure(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
  ): Promise<{ memories: number; characters: number }> {
    const [row] = await tx.query<{ memories: number; characters: number }[]>(
      `select count(*)::int as memories, coalesce(sum(length(text)), 0)::float8 as characters
       from memories where tenant_id = $1 and collection_id = $2`,
      [tenant, collectionId],
    );
    return row!;
  }

  async count(tx: EntityManager, tenant: string, collectionId: string): Promise<number> {
    const [row] = await tx.query<{ memories: number }[]>(
      `select count(*)::int as memories from memories
       where tenant_id = $1 and collection_id = $2`,
      [tenant, collectionId],
    );
    return row!.memories;
  }
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
