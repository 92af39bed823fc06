import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where a lane of a partition continues. */
@Entity('checkpoints')
export class CheckpointRow {
  @PrimaryColumn({ type: 'uuid' })
  connectionId: string;

  @PrimaryColumn({ type: 'text' })
  partitionKey: string;

  @PrimaryColumn({ type: 'text' })
  lane: string;

  @Column({ type: 'jsonb' })
  value: Record<string, unknown>;

  @Column({ type: 'int' })
  schemaVersion: number;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
