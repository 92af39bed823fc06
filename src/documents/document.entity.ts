import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DocumentState } from '../remember/document-row.js';

/**
 * One item of a source; its chunks are memories. A deleted one is its own tombstone until
 * `purgeAt`, so that a restore embeds nothing. Documents of a removed connection stay, without it.
 */
@Entity('documents')
export class Document {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  tenantId: string;

  @Column('uuid', { nullable: true })
  connectionId: string | null;

  @Column('uuid')
  collectionId: string;

  @Column('text')
  provider: string;

  @Column('text')
  accountId: string;

  @Column('text')
  externalId: string;

  @Column('text')
  partitionKey: string;

  /** Position in the sweep bitmaps of the connection; bigint, so text from the driver. */
  @Column('bigint')
  seq: string;

  @Column('text')
  version: string;

  @Column('text', { nullable: true })
  contentHash: string | null;

  @Column('text', { nullable: true })
  metaHash: string | null;

  @Column('text')
  state: DocumentState;

  @Column('timestamptz', { nullable: true })
  purgeAt: Date | null;

  /** Equal to `purgeAt`: the document was hidden because its partition left the scope. */
  @Column('timestamptz', { nullable: true })
  scopePurgeAt: Date | null;

  /** Restored here, so it stays although its source lacks it; null once the source lists it. */
  @Column('timestamptz', { nullable: true })
  keptAt: Date | null;

  /** What the source said when it was last asked whether this document is there. */
  @Column('text', { nullable: true })
  verdict: 'alive' | 'gone' | 'lost_access' | null;

  @Column('timestamptz', { nullable: true })
  verifiedAt: Date | null;

  @Column('text')
  title: string;

  /** The source's own name, where it is another; people search by it too. */
  @Column('text', { nullable: true })
  listedTitle: string | null;

  @Column('text', { nullable: true })
  url: string | null;

  @Column('text', { nullable: true })
  author: string | null;

  @Column('text', { nullable: true })
  container: string | null;

  @Column('text', { array: true })
  parents: string[];

  @Column('jsonb')
  access: Record<string, unknown>;

  @Column('text', { array: true })
  principals: string[];

  @Column('jsonb')
  metadata: Record<string, unknown>;

  /** Where the parts of the content can be looked up: [{at, author, url}]. */
  @Column('jsonb')
  citations: Record<string, unknown>[];

  @Column('int')
  chunkCount: number;

  @Column('timestamptz', { nullable: true })
  sourceCreatedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  sourceUpdatedAt: Date | null;

  @Column('timestamptz')
  syncedAt: Date;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz')
  updatedAt: Date;
}
