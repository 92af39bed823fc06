import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../database/prepared-statement.js';
import type { DocumentRow } from './document-row.js';

/** One row of `memories` as the pipeline writes it. */
export interface MemoryRow {
  readonly id: string;
  readonly documentId: string | null;
  readonly ordinal: number;
  readonly text: string;
  readonly textHash: string;
  readonly headingPath: readonly string[];
  readonly containerTag: string | null;
  readonly category: string;
  readonly memoryType: string | null;
  readonly source: string;
  readonly author: string | null;
  readonly container: string | null;
  readonly importance: number;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly expiresAt: Date | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly images: readonly unknown[];
  readonly sourceUpdatedAt: Date | null;
  readonly createdAt: Date;
  /** The stored chunk in whose place this one comes. */
  readonly predecessorId?: string;
}

/** What its owner may set on a memory, also where its text is its source's. */
type OwnersFields = Pick<MemoryRow, 'pinned' | 'archived' | 'importance' | 'category'>;

/** A stored chunk of a document. */
export interface StoredChunk {
  readonly id: string;
  readonly documentId: string;
  readonly ordinal: number;
}

export interface StoredText {
  readonly id: string;
  readonly documentId: string;
  readonly text: string;
  readonly headingPath: readonly string[];
}

/** Of an old row and the one that follows it, the field as it was set last. */
const lastSet = (field: string): string =>
  `case when old.updated_at > m.updated_at then old.${field} else m.${field} end`;

/** The memories table as the remember pipeline writes it: one statement per batch. */
@Injectable()
export class MemoryRowsRepository {
  /** Inserts rows; a chunk that is there already (its id is its content) only gets its labels. */
  async upsert(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    rows: readonly MemoryRow[],
  ): Promise<void> {
    if (rows.length === 0) return;
    await runPrepared(
      tx,
      `insert into memories (id, tenant_id, collection_id, document_id, ordinal, container_tag,
         text, text_hash, heading_path, category, memory_type, source, author, container,
         importance, pinned, archived, visible, expires_at, metadata, images, source_updated_at,
         created_at, updated_at)
       select r.id, $1, $2, r."documentId", r.ordinal, r."containerTag", r.text, r."textHash",
         r."headingPath", r.category, r."memoryType", r.source, r.author, r.container,
         r.importance, r.pinned, r.archived, not r.archived, r."expiresAt", r.metadata, r.images,
         r."sourceUpdatedAt", r."createdAt", r."createdAt"
       from json_to_recordset($3::json) as r(id uuid, "documentId" uuid, ordinal int,
         "containerTag" text, text text, "textHash" text, "headingPath" text[], category text,
         "memoryType" text, source text, author text, container text, importance real,
         pinned boolean, archived boolean, "expiresAt" timestamptz, metadata jsonb, images jsonb,
         "sourceUpdatedAt" timestamptz, "createdAt" timestamptz)
       on conflict (id) do update set ordinal = excluded.ordinal,
         heading_path = excluded.heading_path, author = excluded.author,
         container = excluded.container, metadata = excluded.metadata,
         source_updated_at = excluded.source_updated_at, visible = memories.is_latest and not memories.archived,
         updated_at = now()`,
      [tenant, collectionId, JSON.stringify(rows)],
    );
  }

  /**
   * Rows with what their owner has set on their predecessors by now. For their documents' lock:
   * whoever sets something shares it, so that it is either seen here or set on the new rows.
   */
  async inheriting(
    tx: EntityManager,
    tenant: string,
    rows: readonly MemoryRow[],
  ): Promise<readonly MemoryRow[]> {
    const ids = rows.flatMap(({ predecessorId }) => predecessorId ?? []);
    if (ids.length === 0) return rows;
    const stored = await runPrepared<OwnersFields & { id: string }>(
      tx,
      `select id, pinned, archived, importance, category from memories
       where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids],
    );
    const fields = new Map(stored.map(({ id, ...set }) => [id, set]));
    return rows.map((row) => ({ ...row, ...fields.get(row.predecessorId ?? '') }));
  }

  /**
   * The same for rows that were stored before their predecessors go: what was set on these since
   * is not lost, unless more was set on the new ones later. What is archived under either stays so:
   * a time of change does not tell who changed a row, and a hidden text must not come back.
   */
  async handOn(
    tx: EntityManager,
    tenant: string,
    removed: readonly { readonly id: string; readonly successorId?: string }[],
  ): Promise<void> {
    const pairs = removed.filter(({ successorId }) => successorId !== undefined);
    if (pairs.length === 0) return;
    await runPrepared(
      tx,
      `update memories m set archived = m.archived or old.archived,
         visible = m.is_latest and not (m.archived or old.archived),
         pinned = ${lastSet('pinned')}, importance = ${lastSet('importance')},
         category = ${lastSet('category')}, updated_at = now()
       from json_to_recordset($2::json) as r(id uuid, "successorId" uuid)
         join memories old on old.id = r.id and old.tenant_id = $1
       where m.tenant_id = $1 and m.id = r."successorId"
         and (m.archived, m.pinned, m.importance, m.category) is distinct from
           (m.archived or old.archived, ${lastSet('pinned')}, ${lastSet('importance')},
            ${lastSet('category')})`,
      [tenant, JSON.stringify(pairs)],
    );
  }

  /** Those of these memories that are there, in whatever collection. */
  async stored(tx: EntityManager, tenant: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await runPrepared<{ id: string }>(
      tx,
      `select id from memories where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async chunksOf(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
  ): Promise<StoredChunk[]> {
    if (documentIds.length === 0) return [];
    return tx.query<StoredChunk[]>(
      `select id, document_id as "documentId", ordinal from memories
       where tenant_id = $1 and document_id = any($2::uuid[]) order by ordinal, created_at`,
      [tenant, documentIds],
    );
  }

  async remove(tx: EntityManager, tenant: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(`delete from memories where tenant_id = $1 and id = any($2::uuid[])`, [
      tenant,
      ids,
    ]);
  }

  /** False when the memory is not in the collection (any more). */
  async replaceText(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
    text: string,
    hash: string,
  ): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      `update memories set text = $4, text_hash = $5, updated_at = now()
       where tenant_id = $1 and collection_id = $2 and id = $3`,
      [tenant, collectionId, id, text, hash],
    );
    return affected > 0;
  }

  /**
   * Labels that chunks repeat from their documents and their connection; nothing here needs a
   * vector. Chunks that have them already, as those just written, are left alone.
   */
  async relabel(
    tx: EntityManager,
    tenant: string,
    documents: readonly DocumentRow[],
    containerTag: string | null,
  ): Promise<void> {
    if (documents.length === 0) return;
    await tx.query(
      `update memories m set container_tag = $3, author = r.author, container = r.container,
         metadata = r.metadata, source_updated_at = r."sourceUpdatedAt",
         visible = m.is_latest and not m.archived, updated_at = now()
       from json_to_recordset($2::json) as r(id uuid, author text, container text,
         metadata jsonb, "sourceUpdatedAt" timestamptz)
       where m.tenant_id = $1 and m.document_id = r.id
         and (m.container_tag, m.author, m.container, m.metadata, m.source_updated_at, m.visible)
           is distinct from ($3, r.author, r.container, r.metadata, r."sourceUpdatedAt",
             m.is_latest and not m.archived)`,
      [tenant, JSON.stringify(documents), containerTag],
    );
  }

  /** Texts of chunks with these ordinals, locked, to write their words again. */
  async textsOf(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
    ordinals: { from: number; to: number | null },
  ): Promise<StoredText[]> {
    return tx.query<StoredText[]>(
      `select id, document_id as "documentId", text, heading_path as "headingPath"
       from memories where tenant_id = $1 and document_id = any($2::uuid[])
         and ordinal >= $3 and ($4::int is null or ordinal < $4) order by id for key share`,
      [tenant, documentIds, ordinals.from, ordinals.to],
    );
  }

  /** Shows or hides all chunks of documents without touching vectors. */
  async setVisible(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
    visible: boolean,
  ): Promise<void> {
    if (documentIds.length === 0) return;
    await tx.query(
      `update memories set visible = $3 and is_latest and not archived, updated_at = now()
       where tenant_id = $1 and document_id = any($2::uuid[])`,
      [tenant, documentIds, visible],
    );
  }
}
