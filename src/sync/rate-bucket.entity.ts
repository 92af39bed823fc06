import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is left of a budget at a source; shared by all processes. */
@Entity('rate_buckets')
export class RateBucket {
  @PrimaryColumn({ type: 'text' })
  scope: string;

  @PrimaryColumn({ type: 'text' })
  method: string;

  @Column({ type: 'double precision' })
  tokens: number;

  @Column({ type: 'double precision', nullable: true })
  perSecond: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  blockedUntil: Date | null;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
