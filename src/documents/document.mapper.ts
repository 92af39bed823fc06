import type { DocumentRecord } from './document-columns.js';
import type { DocumentAnswer } from './documents.schema.js';

export function toDocument(row: DocumentRecord): DocumentAnswer {
  return {
    id: row.id,
    connection_id: row.connection_id,
    collection: row.collection,
    provider: row.provider,
    external_id: row.external_id,
    partition: row.partition_key,
    state: row.state,
    title: row.title,
    url: row.url,
    author: row.author,
    container: row.container,
    chunk_count: row.chunk_count,
    suppressed: row.suppressed,
    kept: row.kept,
    purge_at: row.purge_at?.toISOString() ?? null,
    source_created_at: row.source_created_at?.toISOString() ?? null,
    source_updated_at: row.source_updated_at?.toISOString() ?? null,
    synced_at: row.synced_at.toISOString(),
    created_at: row.created_at.toISOString(),
  };
}
