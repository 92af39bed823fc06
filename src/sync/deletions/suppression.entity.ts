import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a tenant removed for good from a collection: a document, or one text of it. */
@Entity('suppressions')
export class Suppression {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  accountId: string;

  /** null: of every collection. */
  @Column({ type: 'uuid', nullable: true })
  collectionId: string | null;

  @Column({ type: 'text', nullable: true })
  externalId: string | null;

  @Column({ type: 'text', nullable: true })
  textHash: string | null;

  /** By which a removed document is known under its next id; null once it has one. */
  @Column({ type: 'text', nullable: true })
  contentHash: string | null;

  /** The removed document, whatever its id at the source is by now; its row may be gone. */
  @Column({ type: 'uuid', nullable: true })
  documentId: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
