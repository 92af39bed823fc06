import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { nextRunAt } from '../scheduler/next-run.js';
import type { Schedule } from '../scheduler/schedule.schema.js';
import { MAX_CONSECUTIVE_ERRORS } from './connection-limits.js';
import {
  BEING_PURGED,
  PAUSED_ON_REQUEST,
  type ConnectionRow,
  type ConnectionStatus,
} from './connection-row.js';
import type { SizedDocument } from './scope.repository.js';

const SELECT = `
  select c.id, c.tenant_id, c.provider, c.account_id, c.name, c.collection_id,
    k.name as collection, c.container_tag, c.config, c.schedule, c.next_run_at, c.status,
    c.status_reason, c.created_at, c.updated_at,
    (select count(*)::int from documents d
     where d.connection_id = c.id and d.state in ('live', 'suspect')) as document_count,
    (select jsonb_build_object('id', r.id, 'state', r.state, 'counts', r.counts,
        'error', r.error, 'held_deletions', r.held_deletions, 'created_at', r.created_at,
        'finished_at', r.finished_at)
     from runs r where r.connection_id = c.id order by r.created_at desc, r.id limit 1) as last_run
  from connections c join collections k on k.id = c.collection_id
  where c.tenant_id = $1`;

/** What a run that works ends; only a person ends `paused`. */
const HEALED = `('error', 'needs_auth')`;

export interface NewConnection {
  id: string;
  provider: string;
  account: string;
  name: string;
  collectionId: string;
  containerTag: string | null;
  config: Record<string, unknown>;
  schedule: Schedule | null;
}

@Injectable()
export class ConnectionsRepository {
  /** False when the tenant has a connection to that account in that collection already. */
  async insert(tx: EntityManager, tenant: string, connection: NewConnection): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `insert into connections (id, tenant_id, provider, account_id, name, collection_id,
         container_tag, config, schedule, next_run_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (tenant_id, provider, account_id, collection_id) do nothing returning id`,
      [
        connection.id,
        tenant,
        connection.provider,
        connection.account,
        connection.name,
        connection.collectionId,
        connection.containerTag,
        JSON.stringify(connection.config),
        connection.schedule && JSON.stringify(connection.schedule),
        await firstRunAt(tx, connection.id, connection.schedule),
      ],
    );
    return rows.length > 0;
  }

  /**
   * Documents that an earlier connection to the account left in the collection, up to `limit`.
   * Once a run knows what there is to read, none is left: it begins with them.
   */
  async leftBehind(
    tx: EntityManager,
    tenant: string,
    id: string,
    limit: number,
  ): Promise<SizedDocument[]> {
    return tx.query<SizedDocument[]>(
      `select d.id, d.chunk_count as "chunkCount" from connections c
       join documents d on d.collection_id = c.collection_id and d.connection_id is null
         and d.tenant_id = c.tenant_id and d.provider = c.provider and d.account_id = c.account_id
       where c.tenant_id = $1 and c.id = $2
         and not exists (select from partitions p where p.connection_id = c.id) limit $3`,
      [tenant, id, limit],
    );
  }

  /** These of them belong to the connection now, under its container tag. */
  async adopt(
    tx: EntityManager,
    tenant: string,
    id: string,
    documents: readonly string[],
  ): Promise<void> {
    const [adopted] = await tx.query<[{ id: string; seq: number }[], number]>(
      `update documents d set connection_id = $2, updated_at = now()
       from (select id from documents
             where tenant_id = $1 and id = any($3::uuid[]) and connection_id is null
             order by id for update) free
       where d.id = free.id returning d.id, d.seq::int`,
      [tenant, id, documents],
    );
    if (adopted.length === 0) return;
    await tx.query(
      `update memories m set container_tag = c.container_tag, updated_at = now()
       from connections c
       where c.id = $2 and m.tenant_id = $1 and m.document_id = any($3::uuid[])
         and m.container_tag is distinct from c.container_tag`,
      [tenant, id, adopted.map((document) => document.id)],
    );
    const next = adopted.reduce((highest, { seq }) => Math.max(highest, seq), 0) + 1;
    await tx.query(`update connections set next_seq = greatest(next_seq, $2) where id = $1`, [
      id,
      next,
    ]);
  }

  async find(tx: EntityManager, tenant: string, id: string): Promise<ConnectionRow | undefined> {
    const rows = await tx.query<ConnectionRow[]>(`${SELECT} and c.id = $2`, [tenant, id]);
    return rows[0];
  }

  async list(tx: EntityManager, tenant: string): Promise<ConnectionRow[]> {
    return tx.query<ConnectionRow[]>(`${SELECT} order by c.created_at, c.id`, [tenant]);
  }

  async update(
    tx: EntityManager,
    tenant: string,
    id: string,
    change: {
      name?: string;
      containerTag?: string | null;
      config?: Record<string, unknown>;
      schedule?: Schedule | null;
    },
  ): Promise<void> {
    const { name, containerTag, config, schedule } = change;
    await tx.query(
      `update connections set name = coalesce($3, name),
         container_tag = case when $4 then $5 else container_tag end,
         config = coalesce($6::jsonb, config),
         schedule = case when $7 then $8::jsonb else schedule end,
         next_run_at = case when $7 then $9::timestamptz else next_run_at end,
         updated_at = now()
       where tenant_id = $1 and id = $2`,
      [
        tenant,
        id,
        name ?? null,
        containerTag !== undefined,
        containerTag ?? null,
        config ? JSON.stringify(config) : null,
        schedule !== undefined,
        schedule ? JSON.stringify(schedule) : null,
        await firstRunAt(tx, id, schedule ?? null),
      ],
    );
  }

  async setStatus(
    tx: EntityManager,
    tenant: string,
    id: string,
    status: ConnectionStatus,
    reason: string | null,
  ): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      `update connections set status = $3, status_reason = $4, updated_at = now(),
         status_since = case when status = $3 then status_since else now() end,
         consecutive_errors = case when $3 = 'active' then 0 else consecutive_errors end
       where tenant_id = $1 and id = $2`,
      [tenant, id, status, reason],
    );
    return affected > 0;
  }

  /**
   * Pauses as somebody asked. One that is being deleted with its documents keeps that reason.
   * @returns the reason; undefined: there is no such connection
   */
  async pause(tx: EntityManager, tenant: string, id: string): Promise<string | undefined> {
    const [rows] = await tx.query<[{ status_reason: string }[], number]>(
      `update connections set status = 'paused', updated_at = now(),
         status_since = case when status = 'paused' then status_since else now() end,
         status_reason = case when status = 'paused' and status_reason = $4 then $4 else $3 end
       where tenant_id = $1 and id = $2 returning status_reason`,
      [tenant, id, PAUSED_ON_REQUEST, BEING_PURGED],
    );
    return rows[0]?.status_reason;
  }

  /** New credentials ended `needs_auth`: what is scheduled is due at once. */
  async heal(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(
      `update connections set status = 'active', status_since = now(), status_reason = null,
         consecutive_errors = 0,
         next_run_at = case when schedule is null then next_run_at else now() end,
         updated_at = now()
       where tenant_id = $1 and id = $2 and status = 'needs_auth'`,
      [tenant, id],
    );
  }

  /** A run could not go on; what a person paused stays paused, with that reason. */
  async stopped(
    tx: EntityManager,
    tenant: string,
    id: string,
    status: 'needs_auth' | 'paused',
    reason: string,
  ): Promise<void> {
    await tx.query(
      `update connections set status = $3, status_reason = $4, updated_at = now(),
         status_since = case when status = $3 then status_since else now() end
       where tenant_id = $1 and id = $2 and status <> 'paused'`,
      [tenant, id, status, reason],
    );
  }

  /** A run that worked is proof that nothing is wrong any more. */
  async succeeded(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(
      `update connections set consecutive_errors = 0, last_success_at = now(),
         status = case when status in ${HEALED} then 'active' else status end,
         status_since = case when status in ${HEALED} then now() else status_since end,
         status_reason = case when status in ${HEALED} then null else status_reason end,
         updated_at = case when consecutive_errors > 0 or status in ${HEALED} then now()
           else updated_at end
       where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
  }

  /** One more error in a row; at the limit the connection stops with status `error`. */
  async countError(tx: EntityManager, tenant: string, id: string, reason: string): Promise<void> {
    await tx.query(
      `update connections set consecutive_errors = consecutive_errors + 1,
         status = case when consecutive_errors + 1 >= $4 and status = 'active'
           then 'error' else status end,
         status_since = case when consecutive_errors + 1 >= $4 and status = 'active'
           then now() else status_since end,
         status_reason = case when consecutive_errors + 1 >= $4 and status = 'active'
           then $3 else status_reason end, updated_at = now()
       where tenant_id = $1 and id = $2`,
      [tenant, id, reason, MAX_CONSECUTIVE_ERRORS],
    );
  }

  /** Whether a listing has named the partition; null when there was none yet. */
  async knowsPartition(tx: EntityManager, id: string, key: string): Promise<boolean | null> {
    const rows = await tx.query<{ known: boolean | null }[]>(
      `select bool_or(key = $2) as known from partitions where connection_id = $1`,
      [id, key],
    );
    return rows[0]!.known;
  }

  /** As before the first listing: the next run begins with adopting what was left behind. */
  async forgetPartitions(tx: EntityManager, id: string): Promise<void> {
    await tx.query(`delete from partitions where connection_id = $1`, [id]);
  }

  /** These of its documents stay without it. */
  async letGo(
    tx: EntityManager,
    tenant: string,
    id: string,
    documents: readonly string[],
  ): Promise<void> {
    await tx.query(
      `update documents d set connection_id = null
       from (select id from documents
             where tenant_id = $1 and connection_id = $2 and id = any($3::uuid[])
             order by id for update) own
       where d.id = own.id`,
      [tenant, id, documents],
    );
  }

  async remove(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      `delete from connections where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
    return affected > 0;
  }

  /** Some documents of a connection, whatever their state. */
  async someDocuments(
    tx: EntityManager,
    tenant: string,
    id: string,
    limit: number,
  ): Promise<SizedDocument[]> {
    return tx.query<SizedDocument[]>(
      `select id, chunk_count as "chunkCount" from documents
       where tenant_id = $1 and connection_id = $2 limit $3`,
      [tenant, id, limit],
    );
  }
}

/** By the database's clock, which also decides when that time has come. */
async function firstRunAt(
  tx: EntityManager,
  connection: string,
  schedule: Schedule | null,
): Promise<Date | null> {
  if (!schedule) return null;
  const rows = await tx.query<{ now: Date }[]>(`select now() as now`);
  return nextRunAt(schedule, { connection, now: rows[0]!.now, due: null });
}
