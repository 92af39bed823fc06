import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Rows past their time, a batch per statement, so that no transaction is long. */
@Injectable()
export class RetentionRepository {
  /**
   * Ended runs, with what hangs on them. The latest run of a connection stays however old it is:
   * it says how the connection is doing.
   */
  async removeRuns(tx: EntityManager, before: Date, limit: number): Promise<number> {
    return affected(
      tx,
      `delete from runs where id in (
         select r.id from runs r where r.finished_at < $1 and exists (
           select from runs later where later.connection_id = r.connection_id
             and (later.created_at, later.id) > (r.created_at, r.id))
         order by r.finished_at limit $2)`,
      [before, limit],
    );
  }

  async removeResolvedFailures(tx: EntityManager, before: Date, limit: number): Promise<number> {
    return affected(
      tx,
      `delete from failures where id in (
         select id from failures where resolved_at < $1 order by resolved_at limit $2)`,
      [before, limit],
    );
  }

  async removePlans(tx: EntityManager, before: Date, limit: number): Promise<number> {
    return affected(
      tx,
      `delete from connection_plans where id in (
         select id from connection_plans where created_at < $1 limit $2)`,
      [before, limit],
    );
  }

  /**
   * Documents that were removed on request and yet are in the index: a worker of an earlier
   * version had read them just before and wrote them just after, without looking again.
   * @param id only whether this one is
   */
  async removedButVisible(
    tx: EntityManager,
    limit: number,
    id?: string,
  ): Promise<{ id: string; tenant: string }[]> {
    return tx.query<{ id: string; tenant: string }[]>(
      `select d.id, d.tenant_id as tenant from suppressions s
       join connections c on c.tenant_id = s.tenant_id and c.provider = s.provider
         and c.account_id = s.account_id
       join documents d on d.connection_id = c.id and d.external_id = s.external_id
       where s.text_hash is null and d.state in ('live', 'suspect')
         and (s.collection_id is null or s.collection_id = d.collection_id)
         and ($2::uuid is null or d.id = $2) limit $1`,
      [limit, id ?? null],
    );
  }
}

async function affected(tx: EntityManager, sql: string, parameters: unknown[]): Promise<number> {
  const [, rows] = await tx.query<[unknown[], number]>(sql, parameters);
  return rows;
}
