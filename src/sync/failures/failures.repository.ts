import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Code of a document that is stored without some of its content. */
export const CONTENT_TRUNCATED = 'content_truncated';

/** One document that could not be listed, read or turned into text, or not all of it. */
export interface FailedItem {
  readonly id: string;
  readonly externalId: string;
  readonly stage: 'list' | 'fetch' | 'extract' | 'embed';
  readonly code: string;
  readonly message: string;
  readonly title: string;
  readonly url: string | null;
  readonly partition: string;
  readonly version: string | null;
  /** As far as it goes: another try is of no use before it changes or somebody asks. */
  readonly isStored?: true;
}

export interface OpenFailure {
  readonly externalId: string;
  readonly stage: FailedItem['stage'];
  /** Null: nobody knows of which version, since the item was asked for by its id alone. */
  readonly version: string | null;
  /** Null: not tried again by itself. */
  readonly nextAt: Date | null;
}

export interface FailureRow {
  id: string;
  connection_id: string;
  external_id: string;
  stage: string;
  code: string;
  message: string;
  title: string | null;
  url: string | null;
  partition_key: string | null;
  attempts: number;
  next_at: Date | null;
  resolved_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** After so many the pause is a day long; unbounded, the power would outgrow an interval. */
const DOUBLINGS = 11;

/** Failures as rows: never a count alone, always with name, place, stage and the next try. */
@Injectable()
export class FailuresRepository {
  /**
   * Records failures; a repeated one backs off from 1 minute, doubling up to 1 day. An item that
   * was asked for by id alone keeps the name, the address and the version that are known of it.
   */
  async record(tx: EntityManager, connection: string, items: readonly FailedItem[]): Promise<void> {
    if (items.length === 0) return;
    const lastOfEach = [...new Map(items.map((item) => [item.externalId, item])).values()];
    await tx.query(
      `insert into failures (id, connection_id, external_id, stage, code, message, title, url,
         partition_key, version, next_at)
       select r.id, $1, r."externalId", r.stage, r.code, r.message, r.title, r.url, r.partition,
         r.version, case when r."isStored" then null else now() + interval '1 minute' end
       from json_to_recordset($2::json) as r(id uuid, "externalId" text, stage text, code text,
         message text, title text, url text, partition text, version text, "isStored" boolean)
       on conflict (connection_id, external_id) where resolved_at is null do update set
         stage = excluded.stage, code = excluded.code, message = excluded.message,
         partition_key = excluded.partition_key,
         title = case when excluded.title = excluded.external_id
           then coalesce(failures.title, excluded.title) else excluded.title end,
         url = coalesce(excluded.url, failures.url),
         version = coalesce(excluded.version, failures.version), attempts = failures.attempts + 1,
         next_at = case when excluded.next_at is null then null
           else now() + least(interval '1 day',
             interval '1 minute' * power(2, least(failures.attempts, ${DOUBLINGS}))) end,
         updated_at = now()`,
      [connection, JSON.stringify(lastOfEach)],
    );
  }

  async open(
    tx: EntityManager,
    connection: string,
    externalIds: readonly string[],
  ): Promise<OpenFailure[]> {
    return tx.query<OpenFailure[]>(
      `select external_id as "externalId", stage, version, next_at as "nextAt" from failures
       where connection_id = $1 and resolved_at is null and external_id = any($2::text[])`,
      [connection, externalIds],
    );
  }

  /** Which of these were once stored without some of their content, resolved failures included. */
  async onceCut(
    tx: EntityManager,
    connection: string,
    externalIds: readonly string[],
  ): Promise<Set<string>> {
    if (externalIds.length === 0) return new Set();
    const rows = await tx.query<{ id: string }[]>(
      `select distinct external_id as id from failures
       where connection_id = $1 and external_id = any($2::text[]) and code = $3`,
      [connection, externalIds, CONTENT_TRUNCATED],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async resolve(
    tx: EntityManager,
    connection: string,
    externalIds: readonly string[],
  ): Promise<void> {
    if (externalIds.length === 0) return;
    await tx.query(
      `update failures set resolved_at = now(), next_at = null, updated_at = now()
       where connection_id = $1 and resolved_at is null and external_id = any($2::text[])`,
      [connection, externalIds],
    );
  }

  /** Keeps failures open that were met again but not tried, so that a sweep does not close them. */
  async touch(
    tx: EntityManager,
    connection: string,
    externalIds: readonly string[],
  ): Promise<void> {
    if (externalIds.length === 0) return;
    await tx.query(
      `update failures set updated_at = now()
       where connection_id = $1 and resolved_at is null and external_id = any($2::text[])`,
      [connection, externalIds],
    );
  }

  /**
   * Closes failures that a run has not met though it knows all of their partitions: they are gone.
   * @param partitions those of which the run knows everything
   * @param listed when the list of partitions is whole: what is not in it is gone as well
   */
  async resolveUnmet(
    tx: EntityManager,
    connection: string,
    partitions: readonly string[],
    listed: readonly string[] | null,
    since: Date,
  ): Promise<void> {
    await tx.query(
      `update failures set resolved_at = now(), next_at = null, updated_at = now()
       where connection_id = $1 and resolved_at is null and updated_at < $4
         and (partition_key = any($2::text[])
           or ($3::text[] is not null and partition_key <> all($3::text[])))`,
      [connection, partitions, listed, since],
    );
  }

  /** How many documents a run that began then has met or tried in vain: each one once. */
  async countMet(tx: EntityManager, connection: string, since: Date): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select count(*)::int as n from failures
       where connection_id = $1 and resolved_at is null and updated_at >= $2`,
      [connection, since],
    );
    return rows[0]!.n;
  }

  async list(
    tx: EntityManager,
    tenant: string,
    connection: string,
    query: { limit: number; offset: number; resolved: boolean },
  ): Promise<FailureRow[]> {
    return tx.query<FailureRow[]>(
      `select f.* from failures f join connections c on c.id = f.connection_id
       where c.tenant_id = $1 and f.connection_id = $2 and ($3 or f.resolved_at is null)
       order by f.updated_at desc, f.id limit $4 offset $5`,
      [tenant, connection, query.resolved, query.limit, query.offset],
    );
  }

  async find(tx: EntityManager, tenant: string, id: string): Promise<FailureRow | undefined> {
    const rows = await tx.query<FailureRow[]>(
      `select f.* from failures f join connections c on c.id = f.connection_id
       where c.tenant_id = $1 and f.id = $2`,
      [tenant, id],
    );
    return rows[0];
  }

  /** Lifts the backoff of an item, because somebody asked for it. */
  async makeDue(tx: EntityManager, connection: string, externalId: string): Promise<void> {
    await tx.query(
      `update failures set next_at = now()
       where connection_id = $1 and external_id = $2 and resolved_at is null`,
      [connection, externalId],
    );
  }
}
