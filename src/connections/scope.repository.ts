import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface SizedDocument {
  readonly id: string;
  readonly chunkCount: number;
}

/** Documents of partitions that leave the scope of a connection, or come back into it. */
@Injectable()
export class ScopeRepository {
  /** In the index, by partition. */
  async visible(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<Map<string, number>> {
    const rows = await tx.query<{ key: string; n: number }[]>(
      `select partition_key as key, count(*)::int as n from documents
       where tenant_id = $1 and connection_id = $2 and state in ('pending', 'live', 'suspect')
       group by partition_key`,
      [tenant, connection],
    );
    return new Map(rows.map(({ key, n }) => [key, n]));
  }

  /** Hidden since their partition left the scope, by partition. */
  async restorable(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<Map<string, number>> {
    const rows = await tx.query<{ key: string; n: number }[]>(
      `select d.partition_key as key, count(*)::int as n from documents d
       where ${RESTORABLE} group by d.partition_key`,
      [tenant, connection],
    );
    return new Map(rows.map(({ key, n }) => [key, n]));
  }

  async toHide(
    tx: EntityManager,
    tenant: string,
    connection: string,
    partitions: readonly string[],
    limit: number,
  ): Promise<SizedDocument[]> {
    return tx.query<SizedDocument[]>(
      `select id, chunk_count as "chunkCount" from documents
       where tenant_id = $1 and connection_id = $2 and partition_key = any($3::text[])
         and state in ('pending', 'live', 'suspect') order by id limit $4 for update`,
      [tenant, connection, partitions, limit],
    );
  }

  /** After hiding: the documents may come back when their partition does. */
  async markOutOfScope(tx: EntityManager, tenant: string, ids: readonly string[]): Promise<void> {
    await tx.query(
      `update documents set scope_purge_at = purge_at
       where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids],
    );
  }

  async toRestore(
    tx: EntityManager,
    tenant: string,
    connection: string,
    partitions: readonly string[],
    limit: number,
  ): Promise<SizedDocument[]> {
    return tx.query<SizedDocument[]>(
      `select d.id, d.chunk_count as "chunkCount" from documents d
       where ${RESTORABLE} and d.partition_key = any($3::text[])
       order by d.id limit $4 for update`,
      [tenant, connection, partitions, limit],
    );
  }

  /** Says of partitions why they are not read, and drops what waits to be read of them. */
  async leave(tx: EntityManager, connection: string, partitions: readonly string[]): Promise<void> {
    await tx.query(
      `update partitions set skip_reason = 'out of scope', updated_at = now()
       where connection_id = $1 and key = any($2::text[])`,
      [connection, partitions],
    );
    await tx.query(
      `delete from pending_refs where connection_id = $1 and partition_key = any($2::text[])`,
      [connection, partitions],
    );
  }

  async enter(tx: EntityManager, connection: string, partitions: readonly string[]): Promise<void> {
    await tx.query(
      `update partitions set skip_reason = null, updated_at = now()
       where connection_id = $1 and key = any($2::text[])`,
      [connection, partitions],
    );
  }

  /**
   * Keeps two changes of one connection apart.
   * @returns the reason of its status; null: there is none, or no such connection
   */
  async lockConnection(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<string | null> {
    const [row] = await tx.query<{ status_reason: string | null }[]>(
      `select status_reason from connections where tenant_id = $1 and id = $2 for update`,
      [tenant, connection],
    );
    return row?.status_reason ?? null;
  }
}

/** Not what was deleted since, at the source or on request. */
const RESTORABLE = `d.tenant_id = $1 and d.connection_id = $2 and d.state = 'deleted'
  and d.scope_purge_at = d.purge_at and not exists (select from suppressions s
    where s.tenant_id = d.tenant_id and s.provider = d.provider and s.account_id = d.account_id
      and s.external_id = d.external_id and s.text_hash is null
      and (s.collection_id is null or s.collection_id = d.collection_id))`;
