import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A memory whose point in an outer index may be out of date. */
@Entity('outbox')
export class OutboxMark {
  @PrimaryColumn({ type: 'uuid' })
  memoryId: string;

  @PrimaryColumn({ type: 'int' })
  spaceId: number;

  @Column({ type: 'bigint' })
  generation: string;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'uuid', nullable: true })
  collectionId: string | null;

  /** Not before then: set ahead by who works on it, and after a failure. */
  @Column({ type: 'timestamptz' })
  dueAt: Date;

  /** Times that it could not be applied. */
  @Column({ type: 'int' })
  attempts: number;

  @Column({ type: 'text', nullable: true })
  error: string | null;
}
