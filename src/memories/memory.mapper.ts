import type { MemoryAnswer } from './memories.schema.js';

/** A row of `MEMORY_COLUMNS`. */
export interface MemoryRecord {
  readonly id: string;
  readonly text: string;
  readonly importance: number;
  readonly category: string;
  readonly source: string;
  readonly metadata: Record<string, unknown>;
  readonly images: unknown[];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly collection: string;
  readonly container_tag: string | null;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly is_latest: boolean;
  readonly expires_at: Date | null;
  readonly memory_type: string | null;
  /** Set for synced memories; the columns below are then those of the document. */
  readonly document_id: string | null;
  readonly connection_id: string | null;
  readonly provider: string | null;
  readonly external_id: string | null;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  readonly container: string | null;
  readonly source_created_at: Date | null;
  readonly source_updated_at: Date | null;
}

/** What `toMemory` reads, for `select ... from` + `MEMORY_TABLES`. */
export const MEMORY_COLUMNS = `m.id, m.text, m.importance, m.category, m.source, m.metadata,
  m.images, m.created_at, m.updated_at, c.name as collection, m.container_tag, m.pinned,
  m.archived, m.is_latest, m.expires_at, m.memory_type, m.document_id, d.connection_id,
  d.provider, d.external_id, d.title, d.url, d.author, d.container, d.source_created_at,
  d.source_updated_at`;

export const MEMORY_TABLES = `memories m
  join collections c on c.id = m.collection_id
  left join documents d on d.id = m.document_id`;

/** True for memories of no document and of one that its source still shows. */
export const READABLE = `(m.document_id is null or d.state in ('pending', 'live', 'suspect'))`;

export function toMemory(row: MemoryRecord): MemoryAnswer {
  return {
    id: row.id,
    text: row.text,
    importance: row.importance,
    category: row.category,
    source: row.source,
    metadata: row.document_id === null ? row.metadata : { ...row.metadata, ...sourceFields(row) },
    images: row.images,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    collection: row.collection,
    container_tag: row.container_tag,
    pinned: row.pinned,
    archived: row.archived,
    is_latest: row.is_latest,
    expires_at: isoOrNull(row.expires_at),
    memory_type: row.memory_type,
  };
}

/** Where a synced memory comes from, read from its document so that a rename shows at once. */
function sourceFields(row: MemoryRecord): Record<string, unknown> {
  return {
    provider: row.provider,
    connection_id: row.connection_id,
    document_id: row.document_id,
    external_id: row.external_id,
    title: row.title,
    url: row.url,
    author: row.author,
    container: row.container,
    source_created_at: isoOrNull(row.source_created_at),
    source_updated_at: isoOrNull(row.source_updated_at),
  };
}

function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
