import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DedupMember } from './dedup-plan.js';

export interface DedupCandidate extends DedupMember {
  readonly textHash: string;
  readonly containerTag: string | null;
}

@Injectable()
export class DedupRepository {
  /** Visible memories, page by page along the index on their hashes: equal texts come together. */
  async page(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    after: DedupCandidate | undefined,
    limit: number,
  ): Promise<DedupCandidate[]> {
    return tx.query<DedupCandidate[]>(
      `select m.id, m.text_hash as "textHash", m.container_tag as "containerTag", m.pinned,
         m.document_id is not null as synced, m.importance, m.created_at as "createdAt"
       from memories m
       where m.tenant_id = $1 and m.collection_id = $2 and m.visible
         and (m.expires_at is null or m.expires_at > now())
         and (m.text_hash, m.id) > ($3, $4::uuid)
       order by m.text_hash, m.id limit $5`,
      [tenant, collectionId, after?.textHash ?? '', after?.id ?? FIRST_ID, limit],
    );
  }

  async texts(
    tx: EntityManager,
    tenant: string,
    ids: readonly string[],
    characters: number,
  ): Promise<Map<string, string>> {
    const rows = await tx.query<{ id: string; text: string }[]>(
      `select id, left(text, $3) as text from memories
       where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids, characters],
    );
    return new Map(rows.map((row) => [row.id, row.text]));
  }
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
