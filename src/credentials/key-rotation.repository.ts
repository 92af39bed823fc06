import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KeyUse, SealedField } from './credential-rows.js';

/** Where the next batch starts: the row before it. */
export interface AfterField {
  readonly connection: string;
  readonly field: string;
}

const BEFORE_ALL: AfterField = { connection: '00000000-0000-0000-0000-000000000000', field: '' };

@Injectable()
export class KeyRotationRepository {
  /** The next fields that this key id sealed, locked. */
  async fieldsOf(
    tx: EntityManager,
    tenant: string,
    keyId: string,
    { after = BEFORE_ALL, limit }: { after?: AfterField; limit: number },
  ): Promise<SealedField[]> {
    return tx.query<SealedField[]>(
      `select s.connection_id as connection, s.field, s.key_id as "keyId", s.iv, s.tag,
         s.ciphertext, s.version
       from credentials s join connections c on c.id = s.connection_id
       where c.tenant_id = $1 and s.key_id = $2 and (s.connection_id, s.field) > ($3, $4)
       order by s.connection_id, s.field limit $5 for no key update of s`,
      [tenant, keyId, after.connection, after.field, limit],
    );
  }

  /** The value stays the same, so `version` and `updated_at` do too. */
  async reseal(tx: EntityManager, tenant: string, fields: readonly SealedField[]): Promise<void> {
    if (fields.length === 0) return;
    await tx.query(
      `update credentials s set key_id = n.key_id, iv = n.iv, tag = n.tag, ciphertext = n.ciphertext
       from connections c, unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::bytea[],
         $7::bytea[]) as n (connection_id, field, key_id, iv, tag, ciphertext)
       where c.tenant_id = $1 and c.id = s.connection_id
         and s.connection_id = n.connection_id and s.field = n.field`,
      [
        tenant,
        fields.map((row) => row.connection),
        fields.map((row) => row.field),
        fields.map((row) => row.keyId),
        fields.map((row) => row.iv),
        fields.map((row) => row.tag),
        fields.map((row) => row.ciphertext),
      ],
    );
  }

  /** Tenants that still need another key than this one, and have no rotation queued. */
  async staleTenants(tx: EntityManager, active: string, job: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `select t.id from tenants t
       where (t.key_id <> $1 or t.previous_key_id is not null) and not exists
         (select 1 from jobs j where j.tenant_id = t.id and j.kind = $2
            and j.state in ('queued', 'running'))
       order by t.created_at, t.id`,
      [active, job],
    );
    return rows.map(({ id }) => id);
  }

  /** What each key id is needed for, over all tenants. */
  async use(tx: EntityManager): Promise<KeyUse[]> {
    return tx.query<KeyUse[]>(
      `select key_id as "keyId", sum(data_keys)::int as "dataKeys", sum(fields)::int as fields from (
         select key_id, count(*) as data_keys, 0 as fields
         from tenants where key_id is not null group by 1
         union all
         select previous_key_id, count(*), 0
         from tenants where previous_key_id is not null group by 1
         union all
         select s.key_id, 0, count(*) from credentials s
         join connections c on c.id = s.connection_id join tenants t on t.id = c.tenant_id
         where s.key_id in (t.key_id, t.previous_key_id) group by 1
       ) as needed group by 1 order by 1`,
    );
  }

  /** Fields that no data key opens any more: their connections need new credentials. */
  async unreadable(tx: EntityManager): Promise<number> {
    const [row] = await tx.query<{ fields: number }[]>(
      `select count(*)::int as fields from credentials s
       join connections c on c.id = s.connection_id join tenants t on t.id = c.tenant_id
       where s.key_id is distinct from t.key_id and s.key_id is distinct from t.previous_key_id`,
    );
    return row?.fields ?? 0;
  }

  /** How the jobs of that kind stand, and what the latest failed one said. */
  async jobs(
    tx: EntityManager,
    kind: string,
  ): Promise<{ underWay: number; lastError: string | null }> {
    const [row] = await tx.query<{ underWay: number; lastError: string | null }[]>(
      `select count(*) filter (where state in ('queued', 'running'))::int as "underWay",
         (select error from jobs where kind = $1 and state = 'error'
          order by updated_at desc limit 1) as "lastError"
       from jobs where kind = $1`,
      [kind],
    );
    return row ?? { underWay: 0, lastError: null };
  }
}
