import type { DocumentState } from '../remember/document-row.js';

/** A document as it is read for people. */
export interface DocumentRecord {
  id: string;
  connection_id: string | null;
  collection_id: string;
  collection: string;
  provider: string;
  account_id: string;
  external_id: string;
  partition_key: string;
  state: DocumentState;
  title: string;
  url: string | null;
  author: string | null;
  container: string | null;
  chunk_count: number;
  suppressed: boolean;
  out_of_scope: boolean;
  kept: boolean;
  access_mode: string;
  citations: { at: string | null; author: string | null; url: string }[];
  purge_at: Date | null;
  source_created_at: Date | null;
  source_updated_at: Date | null;
  synced_at: Date;
  created_at: Date;
  /** Microseconds since 1970, which a JavaScript date would lose. */
  created_micros: string;
}

export const DOCUMENT_COLUMNS = `d.id, d.connection_id, d.collection_id, k.name as collection,
  d.provider, d.account_id, d.external_id, d.partition_key, d.state, d.title, d.url, d.author,
  d.container, d.chunk_count, d.purge_at, d.source_created_at, d.source_updated_at, d.synced_at,
  d.created_at, d.citations, coalesce(d.access ->> 'mode', 'unknown') as access_mode,
  (extract(epoch from d.created_at) * 1000000)::bigint as created_micros,
  d.kept_at is not null as kept, coalesce(d.state = 'deleted' and d.scope_purge_at = d.purge_at, false) as out_of_scope,
  exists (select from suppressions s
    where s.tenant_id = d.tenant_id and s.provider = d.provider and s.account_id = d.account_id
      and s.external_id = d.external_id and s.text_hash is null
      and (s.collection_id is null or s.collection_id = d.collection_id)) as suppressed`;

export const DOCUMENT_TABLES = `documents d join collections k on k.id = d.collection_id`;
