import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The completeness ledger: what a run knows about one lane of one partition. */
@Entity('run_partitions')
export class RunPartition {
  @PrimaryColumn({ type: 'uuid' })
  runId: string;

  @PrimaryColumn({ type: 'text' })
  partitionKey: string;

  @PrimaryColumn({ type: 'text' })
  lane: string;

  @Column({ type: 'text' })
  title: string;

  /** Bit `seq` is set for every document that the lane has met. */
  @Column({ type: 'bytea' })
  seen: Buffer;

  @Column({ type: 'boolean' })
  started: boolean;

  @Column({ type: 'boolean' })
  finished: boolean;

  @Column({ type: 'boolean' })
  complete: boolean;

  /** Times of creation in which the lane listed everything, merged; ISO times, null = open. */
  @Column({ type: 'jsonb' })
  ranges: { from: string | null; to: string | null }[];

  @Column({ type: 'text', nullable: true })
  gapReason: string | null;

  @Column({ type: 'jsonb' })
  counts: Record<string, number>;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
