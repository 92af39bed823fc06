import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One Idempotency-Key of a tenant and, once the request is done, its answer. */
@Entity('idempotency_keys')
export class IdempotencyKey {
  @PrimaryColumn({ type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'text' })
  key: string;

  /** SHA-256 over method, URL and body; another request under the same key is refused. */
  @Column({ type: 'bytea' })
  fingerprint: Buffer;

  /** null while the first request runs. */
  @Column({ type: 'int', nullable: true })
  status: number | null;

  @Column({ type: 'jsonb', nullable: true })
  response: StoredAnswer | null;

  /** The request that holds the key renews this; after a crash the key is free again. */
  @Column({ type: 'timestamptz' })
  lockedUntil: Date;

  @Column({ type: 'timestamptz' })
  expiresAt: Date;
}

/** `secret`: the body was shown once and not kept. */
export type StoredAnswer = { body: unknown } | { secret: true };
