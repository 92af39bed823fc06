import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { storableJson } from '../common/storable.js';
import { runPrepared } from '../database/prepared-statement.js';
import type { DocumentRow, DocumentState } from './document-row.js';

/** The documents table as the remember pipeline writes it: one statement per batch. */
@Injectable()
export class DocumentRowsRepository {
  async upsert(
    tx: EntityManager,
    tenant: string,
    scope: { connection: string; collection: string; provider: string; account: string },
    rows: readonly DocumentRow[],
  ): Promise<void> {
    if (rows.length === 0) return;
    await runPrepared(
      tx,
      `insert into documents (id, tenant_id, connection_id, collection_id, provider, account_id,
         external_id, partition_key, seq, version, content_hash, meta_hash, state, purge_at, title,
         url, author, container, parents, access, principals, metadata, citations, chunk_count,
         source_created_at, source_updated_at, listed_title, synced_at)
       select r.id, $1, $2, $3, $4, $5, r."externalId", r.partition, r.seq, r.version,
         r."contentHash", r."metaHash", r.state, null, r.title, r.url, r.author, r.container,
         r.parents, r.access, r.principals, r.metadata, coalesce(r.citations, '[]'), r."chunkCount", r."sourceCreatedAt",
         r."sourceUpdatedAt", nullif(r."listedTitle", r.title), now()
       from json_to_recordset($6::json) as r(id uuid, "externalId" text, partition text,
         seq bigint, version text, "contentHash" text, "metaHash" text, state text, title text,
         url text, author text, container text, parents text[], access jsonb, principals text[],
         metadata jsonb, citations jsonb, "chunkCount" int, "sourceCreatedAt" timestamptz,
         "sourceUpdatedAt" timestamptz, "listedTitle" text)
       on conflict (id) do update set external_id = excluded.external_id,
         partition_key = excluded.partition_key, version = excluded.version,
         content_hash = excluded.content_hash, meta_hash = excluded.meta_hash,
         state = excluded.state, purge_at = null, kept_at = null, title = excluded.title,
         listed_title = excluded.listed_title, url = excluded.url,
         author = excluded.author, container = excluded.container, parents = excluded.parents,
         access = excluded.access, principals = excluded.principals,
         metadata = excluded.metadata,
         citations = case when documents.content_hash is distinct from excluded.content_hash
           or excluded.citations <> '[]' then excluded.citations else documents.citations end,
         chunk_count = excluded.chunk_count,
         source_created_at = excluded.source_created_at,
         source_updated_at = excluded.source_updated_at, synced_at = now(), updated_at = now()`,
      [
        tenant,
        scope.connection,
        scope.collection,
        scope.provider,
        scope.account,
        storableJson(rows),
      ],
    );
  }

  async setState(
    tx: EntityManager,
    tenant: string,
    ids: readonly string[],
    state: DocumentState,
    purgeAt: Date | null,
  ): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(
      `update documents set state = $3, purge_at = $4, kept_at = null, updated_at = now()
       where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids, state, purgeAt],
    );
  }

  /**
   * Keeps everybody else who changes these documents or their memories away, and answers which are
   * there, with the ids that their source gives them. In the order of their ids, so that no two
   * can block each other; before any lock on memories.
   */
  async lock(
    tx: EntityManager,
    tenant: string,
    ids: readonly string[],
  ): Promise<{ id: string; externalId: string }[]> {
    return runPrepared<{ id: string; externalId: string }>(
      tx,
      `select id, external_id as "externalId" from documents
       where tenant_id = $1 and id = any($2::uuid[]) order by id for update`,
      [tenant, ids],
    );
  }

  /** Hidden documents whose grace time is over, across tenants. */
  async due(
    tx: EntityManager,
    now: Date,
    limit: number,
  ): Promise<{ id: string; tenant: string; chunkCount: number }[]> {
    return tx.query<{ id: string; tenant: string; chunkCount: number }[]>(
      `select id, tenant_id as tenant, chunk_count as "chunkCount" from documents
       where purge_at <= $1 order by purge_at limit $2`,
      [now, limit],
    );
  }

  /** Locks a document that is to be purged, unless it was restored meanwhile. */
  async stillDue(tx: EntityManager, tenant: string, id: string, now: Date): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from documents where tenant_id = $1 and id = $2 and purge_at <= $3 for update`,
      [tenant, id, now],
    );
    return rows.length > 0;
  }

  async remove(tx: EntityManager, tenant: string, ids: readonly string[]): Promise<void> {
    await tx.query(`delete from documents where tenant_id = $1 and id = any($2::uuid[])`, [
      tenant,
      ids,
    ]);
  }
}
