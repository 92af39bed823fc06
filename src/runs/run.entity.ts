import { Column, Entity, PrimaryColumn } from 'typeorm';
import type {
  ErrorDetail,
  StoredHold,
  RunCounts,
  RunOptions,
  RunProgress,
  RunTimings,
  WaitingReason,
} from './run-row.js';
import type { RunState, Trigger } from './run-state.js';

/** One sync of a connection: an entry of the queue, later of the history. */
@Entity('runs')
export class Run {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'uuid' })
  connectionId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  trigger: Trigger;

  @Column({ type: 'int' })
  priority: number;

  @Column({ type: 'text' })
  state: RunState;

  @Column({ type: 'jsonb' })
  options: RunOptions;

  @Column({ type: 'timestamptz' })
  runAt: Date;

  /** Drawn anew by every claim: a worker that lost its lease can write nothing. */
  @Column({ type: 'uuid', nullable: true })
  leaseToken: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  @Column({ type: 'text', nullable: true })
  leaseOwner: string | null;

  /** When its connection last had a slot; among equals the one longest ago comes first. */
  @Column({ type: 'timestamptz', nullable: true })
  servedAt: Date | null;

  @Column({ type: 'int' })
  attempt: number;

  @Column({ type: 'boolean' })
  cancelRequested: boolean;

  @Column({ type: 'jsonb', nullable: true })
  waiting: WaitingReason | null;

  @Column({ type: 'jsonb' })
  counts: Partial<RunCounts>;

  @Column({ type: 'jsonb' })
  timings: Partial<RunTimings>;

  @Column({ type: 'jsonb' })
  progress: Partial<RunProgress>;

  @Column({ type: 'jsonb', nullable: true })
  heldDeletions: StoredHold | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ type: 'jsonb', nullable: true })
  errorDetail: ErrorDetail | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  /** When a commit last got it ahead: documents, a page, the end of a listing, verdicts. */
  @Column({ type: 'timestamptz', nullable: true })
  progressedAt: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
