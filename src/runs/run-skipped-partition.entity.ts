import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A partition that a run left out, and why. */
@Entity('run_skipped_partitions')
export class RunSkippedPartition {
  @PrimaryColumn({ type: 'uuid' })
  runId: string;

  @PrimaryColumn({ type: 'text' })
  partitionKey: string;

  @Column({ type: 'text' })
  title: string;

  @Column({ type: 'text' })
  reason: string;
}
