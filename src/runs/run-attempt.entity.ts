import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One try at a run; a crash or a drain ends an attempt, never a run. */
@Entity('run_attempts')
export class RunAttempt {
  @PrimaryColumn({ type: 'uuid' })
  runId: string;

  @PrimaryColumn({ type: 'int' })
  attempt: number;

  @Column({ type: 'text' })
  leaseOwner: string;

  @Column({ type: 'timestamptz' })
  startedAt: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endedAt: Date | null;

  @Column({ type: 'text', nullable: true })
  outcome: string | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  /** How often it had a slot: giving it to others and going on is the same attempt. */
  @Column({ type: 'int' })
  slices: number;

  /** Its worker died or stopped answering. */
  @Column({ type: 'boolean' })
  crashed: boolean;
}
