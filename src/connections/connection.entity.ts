import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Schedule } from '../scheduler/schedule.schema.js';
import type { ConnectionStatus } from './connection-row.js';

/** An account of a source that a tenant has attached. */
@Entity('connections')
export class Connection {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  accountId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'uuid' })
  collectionId: string;

  @Column({ type: 'text', nullable: true })
  containerTag: string | null;

  @Column({ type: 'jsonb' })
  config: Record<string, unknown>;

  @Column({ type: 'jsonb', nullable: true })
  schedule: Schedule | null;

  @Column({ type: 'timestamptz', nullable: true })
  nextRunAt: Date | null;

  @Column({ type: 'text' })
  status: ConnectionStatus;

  @Column({ type: 'text', nullable: true })
  statusReason: string | null;

  /** Since when it has that status. */
  @Column({ type: 'timestamptz' })
  statusSince: Date;

  /** When the last run that worked ended. */
  @Column({ type: 'timestamptz', nullable: true })
  lastSuccessAt: Date | null;

  @Column({ type: 'int' })
  consecutiveErrors: number;

  /** Where the next document stands in the connection's sweep bitmaps. */
  @Column({ type: 'bigint' })
  nextSeq: string;

  @Column({ type: 'timestamptz', nullable: true })
  lastServedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
