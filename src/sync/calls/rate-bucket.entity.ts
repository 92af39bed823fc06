import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is known of a method's budget at a source; shared by all processes (rate-budgets.service.ts). */
@Entity('rate_buckets')
export class RateBucket {
  @PrimaryColumn({ type: 'text' })
  scope: string;

  @PrimaryColumn({ type: 'text' })
  method: string;

  @Column({ type: 'double precision' })
  tokens: number;

  /** Most tokens saved up; null: what accrues in a minute. */
  @Column({ type: 'double precision', nullable: true })
  burst: number | null;

  /** Learned or told; null: none. */
  @Column({ type: 'double precision', nullable: true })
  perSecond: number | null;

  /** Told by the source. */
  @Column({ type: 'double precision', nullable: true })
  ceiling: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  blockedUntil: Date | null;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'timestamptz', nullable: true })
  refusedAt: Date | null;

  @Column({ type: 'double precision' })
  pauseSeconds: number;

  @Column({ type: 'timestamptz' })
  measuredFrom: Date;

  /** Taken since `measuredFrom`. */
  @Column({ type: 'int' })
  calls: number;

  @Column({ type: 'boolean' })
  settled: boolean;

  @Column({ type: 'timestamptz' })
  growsFrom: Date;
}
