import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from '../common/http/api-request.js';

@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'text' })
  name: string;

  /** SHA-256 of the key, which itself is shown once and never stored. */
  @Column({ type: 'bytea' })
  hash: Buffer;

  @Column({ type: 'text' })
  prefix: string;

  @Column({ type: 'text', array: true })
  scopes: Scope[];

  /** Name of the only collection that the key may touch; null = all. */
  @Column({ type: 'text', nullable: true })
  collection: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  /** Written at most once a minute. */
  @Column({ type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
