import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A unit in which a source can be listed. */
@Entity('partitions')
export class PartitionRow {
  @PrimaryColumn({ type: 'uuid' })
  connectionId: string;

  @PrimaryColumn({ type: 'text' })
  key: string;

  @Column({ type: 'text' })
  title: string;

  @Column({ type: 'text', nullable: true })
  skipReason: string | null;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
