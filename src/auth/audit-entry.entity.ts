import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who did what. Outlives the tenant it is about. */
@Entity('audit_log')
export class AuditEntry {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Null: of the installation as a whole. */
  @Column({ type: 'uuid', nullable: true })
  tenantId: string | null;

  /** `key:<id>`, `operator` or `bootstrap`. */
  @Column({ type: 'text' })
  actor: string;

  /** Noun and past participle, e.g. `api_key.revoked`. */
  @Column({ type: 'text' })
  action: string;

  @Column({ type: 'text', nullable: true })
  target: string | null;

  @Column({ type: 'jsonb' })
  details: Record<string, unknown>;

  /** Of the request that asked for it; null where none did. */
  @Column({ type: 'text', nullable: true })
  requestId: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
