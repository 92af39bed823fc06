import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface PendingRef {
  readonly externalId: string;
  readonly partition: string | null;
  readonly version: string | null;
  /** Tells a ref from a newer one for the same document. */
  readonly createdAt: Date;
}

/** Documents to read again, one row each however often they are asked for. */
@Injectable()
export class PendingRefsRepository {
  async add(
    tx: EntityManager,
    connection: string,
    ref: { externalId: string; partition: string | null; cause: 'webhook' | 'retry' | 'suspect' },
  ): Promise<void> {
    await tx.query(
      `insert into pending_refs (connection_id, external_id, cause, partition_key)
       values ($1, $2, $3, $4)
       on conflict (connection_id, external_id) do update set cause = excluded.cause,
         not_before = now(), attempts = 0, created_at = now()`,
      [connection, ref.externalId, ref.cause, ref.partition],
    );
  }

  async due(tx: EntityManager, connection: string, limit: number): Promise<PendingRef[]> {
    return tx.query<PendingRef[]>(
      `select external_id as "externalId", partition_key as partition, version,
         created_at as "createdAt"
       from pending_refs where connection_id = $1 and not_before <= now()
       order by not_before limit $2`,
      [connection, limit],
    );
  }

  /** Removes refs that were read, unless they were asked for again meanwhile. */
  async remove(tx: EntityManager, connection: string, refs: readonly PendingRef[]): Promise<void> {
    await tx.query(
      `delete from pending_refs p
       using json_to_recordset($2::json) as r("externalId" text, "createdAt" timestamptz)
       where p.connection_id = $1 and p.external_id = r."externalId"
         and date_trunc('milliseconds', p.created_at) <= r."createdAt"`,
      [connection, JSON.stringify(refs)],
    );
  }

  /** The one that was refused goes behind all others, so that none waits for it alone. */
  async toTheEnd(tx: EntityManager, connection: string, externalId: string): Promise<void> {
    await tx.query(
      `update pending_refs set not_before = now() where connection_id = $1 and external_id = $2`,
      [connection, externalId],
    );
  }

  /** Puts refs off that could not be read now: 10 s, doubling up to an hour. */
  async postpone(
    tx: EntityManager,
    connection: string,
    refs: readonly PendingRef[],
  ): Promise<void> {
    if (refs.length === 0) return;
    await tx.query(
      `update pending_refs p set attempts = p.attempts + 1,
         not_before = now() + least(interval '1 hour',
           interval '10 seconds' * power(2, least(p.attempts, 16)))
       from json_to_recordset($2::json) as r("externalId" text, "createdAt" timestamptz)
       where p.connection_id = $1 and p.external_id = r."externalId"
         and date_trunc('milliseconds', p.created_at) <= r."createdAt"`,
      [connection, JSON.stringify(refs)],
    );
  }
}
