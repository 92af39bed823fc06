import { Column, Entity, PrimaryColumn } from 'typeorm';

export type JobState = 'queued' | 'running' | 'success' | 'error' | 'cancelled';

/** Work that outlives a request. The table is queue and history, like runs. */
@Entity('jobs')
export class Job {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  tenantId: string;

  @Column('text')
  kind: string;

  @Column('text')
  state: JobState;

  @Column('jsonb')
  params: Record<string, unknown>;

  @Column('jsonb', { nullable: true })
  result: Record<string, unknown> | null;

  /** As its handler told last; the next attempt begins with it. */
  @Column('jsonb', { nullable: true })
  progress: Record<string, unknown> | null;

  @Column('text', { nullable: true })
  error: string | null;

  @Column('int')
  attempts: number;

  /** Drawn anew by every claim: a worker that lost its lease can write nothing. */
  @Column('uuid', { nullable: true })
  leaseToken: string | null;

  /** Running: when the claim lapses. Queued again after a failure: not before this time. */
  @Column('timestamptz', { nullable: true })
  leaseUntil: Date | null;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz')
  updatedAt: Date;
}
