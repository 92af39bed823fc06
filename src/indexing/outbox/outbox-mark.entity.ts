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
}
