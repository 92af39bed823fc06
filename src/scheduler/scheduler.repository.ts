import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface DueConnection {
  id: string;
  tenant: string;
  provider: string;
}

@Injectable()
export class SchedulerRepository {
  /**
   * Takes connections that are due and sets their next time, a little off the exact interval so
   * that connections made together drift apart. Any number of processes may ask at once.
   */
  async takeDue(tx: EntityManager, limit: number): Promise<DueConnection[]> {
    const [rows] = await tx.query<[DueConnection[], number]>(
      `update connections c set next_run_at = now()
         + make_interval(mins => (c.schedule ->> 'every_minutes')::int) * (0.95 + random() * 0.1)
       from (select id from connections
             where status = 'active' and next_run_at <= now()
             order by next_run_at for update skip locked limit $1) due
       where c.id = due.id
       returning c.id, c.tenant_id as tenant, c.provider`,
      [limit],
    );
    return rows;
  }
}
