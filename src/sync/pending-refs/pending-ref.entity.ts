import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A document to read again before anything else. */
@Entity('pending_refs')
export class PendingRefRow {
  @PrimaryColumn({ type: 'uuid' })
  connectionId: string;

  @PrimaryColumn({ type: 'text' })
  externalId: string;

  @Column({ type: 'text' })
  cause: 'webhook' | 'retry' | 'suspect';

  @Column({ type: 'text', nullable: true })
  partitionKey: string | null;

  @Column({ type: 'text', nullable: true })
  version: string | null;

  @Column({ type: 'timestamptz' })
  notBefore: Date;

  @Column({ type: 'int' })
  attempts: number;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
