import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Schedule } from './schedule.schema.js';

export interface DueConnection {
  id: string;
  tenant: string;
  provider: string;
  schedule: Schedule;
  due: Date;
  /** The database's time, by which it is due. */
  now: Date;
}

@Injectable()
export class SchedulerRepository {
  /**
   * Connections that are due, locked until the transaction ends: of any number of processes that
   * ask at once each gets others, and a connection is due until `setNext`.
   */
  async lockDue(tx: EntityManager, limit: number): Promise<DueConnection[]> {
    return tx.query<DueConnection[]>(
      `select id, tenant_id as tenant, provider, schedule, next_run_at as due, now() as now
       from connections
       where status = 'active' and next_run_at <= now() and schedule is not null
       order by next_run_at for update skip locked limit $1`,
      [limit],
    );
  }

  async setNext(tx: EntityManager, next: readonly { id: string; at: Date }[]): Promise<void> {
    if (next.length === 0) return;
    await tx.query(
      `update connections c set next_run_at = n.at
       from unnest($1::uuid[], $2::timestamptz[]) as n (id, at) where c.id = n.id`,
      [next.map(({ id }) => id), next.map(({ at }) => at)],
    );
  }

  /** A schedule that cannot be read any more, e.g. after a time zone was abolished. */
  async stop(tx: EntityManager, id: string, reason: string): Promise<void> {
    await tx.query(
      `update connections set status = 'error', status_since = now(), status_reason = $2,
         next_run_at = null, updated_at = now()
       where id = $1`,
      [id, reason],
    );
  }
}
