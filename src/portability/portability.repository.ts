import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  MEMORY_COLUMNS,
  MEMORY_TABLES,
  READABLE,
  type MemoryRecord,
} from '../memories/memory.mapper.js';

export type ExportedRecord = MemoryRecord & { readonly text_hash: string };

export interface StoredText {
  readonly text_hash: string;
  readonly container_tag: string | null;
  readonly copies: number;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class PortabilityRepository {
  /**
   * A page of everything that its owner may read in a collection. It goes along the index on
   * hashes, the only one that covers all rows of a collection, hidden ones too.
   */
  async page(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    after: ExportedRecord | undefined,
    limit: number,
  ): Promise<ExportedRecord[]> {
    return tx.query<ExportedRecord[]>(
      `select ${MEMORY_COLUMNS}, m.text_hash from ${MEMORY_TABLES}
       where m.tenant_id = $1 and m.collection_id = $2 and ${READABLE}
         and (m.text_hash, m.id) > ($3, $4::uuid)
       order by m.text_hash, m.id limit $5`,
      [tenant, collectionId, after?.text_hash ?? '', after?.id ?? FIRST_ID, limit],
    );
  }

  /** How often a collection has each of these texts, per container tag. */
  async copies(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    textHashes: readonly string[],
  ): Promise<StoredText[]> {
    return tx.query<StoredText[]>(
      `select m.text_hash, m.container_tag, count(*)::int as copies
       from memories m left join documents d on d.id = m.document_id
       where m.tenant_id = $1 and m.collection_id = $2 and m.text_hash = any($3::text[])
         and ${READABLE}
       group by m.text_hash, m.container_tag`,
      [tenant, collectionId, textHashes],
    );
  }
}
