import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who did what that cannot be undone. Outlives the tenant it is about. */
@Entity('audit_log')
export class AuditEntry {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

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

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
