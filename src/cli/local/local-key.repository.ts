import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { hashApiKey } from '../../auth/key-material.js';

@Injectable()
export class LocalKeyRepository {
  /** Id of the key if it may still be used, and null for an unknown, revoked or expired one. */
  async findUsable(tx: EntityManager, secret: string): Promise<string | null> {
    const rows: { id: string }[] = await tx.query(
      `select id from api_keys where hash = $1 and revoked_at is null
         and (expires_at is null or expires_at > now())`,
      [hashApiKey(secret)],
    );
    return rows[0]?.id ?? null;
  }

  /** The oldest tenant of its own: the one that the first start made. */
  async findFirstTenant(tx: EntityManager): Promise<string | null> {
    const rows: { id: string }[] = await tx.query(
      `select id from tenants where parent_id is null order by created_at, id limit 1`,
    );
    return rows[0]?.id ?? null;
  }
}
