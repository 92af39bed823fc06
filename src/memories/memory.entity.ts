import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * One searchable text. Directly written ones have no document; a synced one is a chunk of its
 * document. `visible` repeats "not archived, latest, document readable" for the list's index and
 * must be kept right by every statement that changes one of the three; expiry is compared at read.
 */
@Entity('memories')
export class Memory {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  tenantId: string;

  @Column('uuid')
  collectionId: string;

  @Column('uuid', { nullable: true })
  documentId: string | null;

  /** Place of a chunk in its document; 0 for directly written memories. */
  @Column('int')
  ordinal: number;

  @Column('text', { nullable: true })
  containerTag: string | null;

  @Column('text')
  text: string;

  /** SHA-256 of the normalised text, hex. */
  @Column('text')
  textHash: string;

  @Column('text', { array: true })
  headingPath: string[];

  @Column('text')
  category: string;

  /** fact, preference or episode where extraction said so. */
  @Column('text', { nullable: true })
  memoryType: string | null;

  @Column('text')
  source: string;

  @Column('text', { nullable: true })
  author: string | null;

  @Column('text', { nullable: true })
  container: string | null;

  /** 0 to 1. */
  @Column('real')
  importance: number;

  @Column('boolean')
  pinned: boolean;

  @Column('boolean')
  archived: boolean;

  /** False once another memory supersedes this one. */
  @Column('boolean')
  isLatest: boolean;

  @Column('boolean')
  visible: boolean;

  @Column('timestamptz', { nullable: true })
  expiresAt: Date | null;

  @Column('jsonb')
  metadata: Record<string, unknown>;

  @Column('jsonb')
  images: unknown[];

  @Column('timestamptz', { nullable: true })
  sourceUpdatedAt: Date | null;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz')
  updatedAt: Date;
}
