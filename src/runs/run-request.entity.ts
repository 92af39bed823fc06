import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One attempt at one call to the source; the newest of each run are kept. */
@Entity('run_requests')
export class RunRequest {
  @PrimaryColumn({ type: 'uuid' })
  runId: string;

  /** Counted from 1 over the run's attempts, those that are no longer kept included. */
  @PrimaryColumn({ type: 'int' })
  number: number;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'timestamptz' })
  at: Date;

  @Column({ type: 'text' })
  method: string;

  @Column({ type: 'text', nullable: true })
  target: string | null;

  @Column({ type: 'text' })
  outcome: string;

  @Column({ type: 'int', nullable: true })
  status: number | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ type: 'int' })
  attempt: number;

  @Column({ type: 'int' })
  durationMs: number;

  @Column({ type: 'int' })
  waitMs: number;

  @Column({ type: 'double precision', nullable: true })
  retryAfterSeconds: number | null;
}
