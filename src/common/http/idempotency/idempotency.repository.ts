import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdempotencyKey, type StoredAnswer } from './idempotency-key.entity.js';

export interface Claim {
  key: string;
  fingerprint: Buffer;
  now: Date;
  lockedUntil: Date;
  expiresAt: Date;
}

@Injectable()
export class IdempotencyRepository {
  /**
   * Takes the key if it is new, expired, or left behind by the same request in a crash.
   * One statement, so that of two equal requests exactly one gets it.
   */
  async claim(tx: EntityManager, tenant: string, claim: Claim): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `insert into idempotency_keys as held
         (tenant_id, key, fingerprint, locked_until, expires_at)
       values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, key) do update
         set fingerprint = excluded.fingerprint, status = null, response = null,
             locked_until = excluded.locked_until, expires_at = excluded.expires_at
         where held.expires_at <= $6
            or (held.status is null and held.locked_until <= $6
                and held.fingerprint = excluded.fingerprint)
       returning key`,
      [tenant, claim.key, claim.fingerprint, claim.lockedUntil, claim.expiresAt, claim.now],
    );
    return rows.length > 0;
  }

  find(tx: EntityManager, tenant: string, key: string): Promise<IdempotencyKey | null> {
    return tx.findOneBy(IdempotencyKey, { tenantId: tenant, key });
  }

  async renew(tx: EntityManager, tenant: string, key: string, lockedUntil: Date): Promise<void> {
    await tx.update(IdempotencyKey, { tenantId: tenant, key }, { lockedUntil });
  }

  async store(
    tx: EntityManager,
    tenant: string,
    key: string,
    status: number,
    answer: StoredAnswer,
  ): Promise<void> {
    await tx.query(
      `update idempotency_keys set status = $3, response = $4 where tenant_id = $1 and key = $2`,
      [tenant, key, status, JSON.stringify(answer)],
    );
  }

  /** Locks of requests that ended with their process; the next equal request takes its key over. */
  async unlockAll(tx: EntityManager): Promise<void> {
    await tx.query(
      `update idempotency_keys set locked_until = to_timestamp(0) where status is null`,
    );
  }

  async release(tx: EntityManager, tenant: string, key: string): Promise<void> {
    await tx.delete(IdempotencyKey, { tenantId: tenant, key });
  }

  /** Of one tenant: row level security leaves no statement that sees them all. */
  async deleteExpired(tx: EntityManager, tenant: string, now: Date): Promise<void> {
    await tx.query(`delete from idempotency_keys where tenant_id = $1 and expires_at <= $2`, [
      tenant,
      now,
    ]);
  }
}
