import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type {
  CredentialFields,
  SealedRow,
  TenantDataKeys,
  WrappedDataKey,
} from './credential-rows.js';

interface TenantRow {
  data_key_wrapped: Buffer | null;
  key_id: string | null;
  previous_data_key_wrapped: Buffer | null;
  previous_key_id: string | null;
}

@Injectable()
export class CredentialsRepository {
  dataKeys(tx: EntityManager, tenant: string): Promise<TenantDataKeys> {
    return this.selectDataKeys(tx, tenant, '');
  }

  /**
   * The same until the transaction ends, for one transaction at a time. Rows that only refer to the
   * tenant are not held up.
   */
  lockDataKeys(tx: EntityManager, tenant: string): Promise<TenantDataKeys> {
    return this.selectDataKeys(tx, tenant, 'for no key update');
  }

  async setDataKeys(tx: EntityManager, tenant: string, keys: TenantDataKeys): Promise<void> {
    const { current, previous } = keys;
    await tx.query(
      `update tenants set data_key_wrapped = $2, key_id = $3, previous_data_key_wrapped = $4,
         previous_key_id = $5 where id = $1`,
      [
        tenant,
        current?.wrapped ?? null,
        current?.keyId ?? null,
        previous?.wrapped ?? null,
        previous?.keyId ?? null,
      ],
    );
  }

  /** Makes two writers of one connection's credentials wait for each other. False: it is gone. */
  async lockConnection(tx: EntityManager, tenant: string, connection: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from connections where tenant_id = $1 and id = $2 for no key update`,
      [tenant, connection],
    );
    return rows.length > 0;
  }

  /** The version of the whole set; 0 when nothing is stored. */
  async version(tx: EntityManager, tenant: string, connection: string): Promise<number> {
    const [row] = await tx.query<{ version: number }[]>(
      `select coalesce(max(s.version), 0)::int as version
       from credentials s join connections c on c.id = s.connection_id
       where c.tenant_id = $1 and c.id = $2`,
      [tenant, connection],
    );
    return row?.version ?? 0;
  }

  async find(tx: EntityManager, tenant: string, connection: string): Promise<SealedRow[]> {
    return tx.query<SealedRow[]>(
      `select s.field, s.key_id as "keyId", s.iv, s.tag, s.ciphertext, s.version
       from credentials s join connections c on c.id = s.connection_id
       where c.tenant_id = $1 and c.id = $2 order by s.field`,
      [tenant, connection],
    );
  }

  /** Puts these rows in the place of all that the connection has. */
  async replace(
    tx: EntityManager,
    tenant: string,
    connection: string,
    rows: readonly SealedRow[],
  ): Promise<void> {
    await this.remove(tx, tenant, connection);
    if (rows.length === 0) return;
    await tx.query(
      `insert into credentials (connection_id, field, key_id, iv, tag, ciphertext, version, updated_at)
       select c.id, s.field, s.key_id, s.iv, s.tag, s.ciphertext, s.version, now()
       from connections c, unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[],
         $8::int[]) as s (field, key_id, iv, tag, ciphertext, version)
       where c.tenant_id = $1 and c.id = $2`,
      [
        tenant,
        connection,
        rows.map((row) => row.field),
        rows.map((row) => row.keyId),
        rows.map((row) => row.iv),
        rows.map((row) => row.tag),
        rows.map((row) => row.ciphertext),
        rows.map((row) => row.version),
      ],
    );
  }

  async remove(tx: EntityManager, tenant: string, connection: string): Promise<void> {
    await tx.query(
      `delete from credentials where connection_id =
         (select id from connections where tenant_id = $1 and id = $2)`,
      [tenant, connection],
    );
  }

  /** By connection; one without credentials is left out. */
  async describe(
    tx: EntityManager,
    tenant: string,
    connections: readonly string[],
  ): Promise<Map<string, CredentialFields>> {
    const rows = await tx.query<{ id: string; fields: string[]; updatedAt: Date }[]>(
      `select c.id, array_agg(s.field order by s.field) as fields, max(s.updated_at) as "updatedAt"
       from credentials s join connections c on c.id = s.connection_id
       where c.tenant_id = $1 and c.id = any($2::uuid[]) group by c.id`,
      [tenant, connections],
    );
    return new Map(rows.map(({ id, ...shown }) => [id, shown]));
  }

  private async selectDataKeys(
    tx: EntityManager,
    tenant: string,
    lock: '' | 'for no key update',
  ): Promise<TenantDataKeys> {
    const [row] = await tx.query<TenantRow[]>(
      `select data_key_wrapped, key_id, previous_data_key_wrapped, previous_key_id
       from tenants where id = $1 ${lock}`,
      [tenant],
    );
    return {
      current: wrappedKey(row?.key_id, row?.data_key_wrapped),
      previous: wrappedKey(row?.previous_key_id, row?.previous_data_key_wrapped),
    };
  }
}

function wrappedKey(
  keyId: string | null | undefined,
  wrapped: Buffer | null | undefined,
): WrappedDataKey | null {
  return keyId && wrapped ? { keyId, wrapped } : null;
}
