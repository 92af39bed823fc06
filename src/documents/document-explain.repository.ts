import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { readWhole, type LedgerLanes } from '../connections/ledger-lanes.js';
import { DOCUMENT_COLUMNS, DOCUMENT_TABLES, type DocumentRecord } from './document-columns.js';
import type {
  ExplainedConnection,
  ExplainedFailure,
  ExplainedPartition,
  ExplainedRun,
} from './document-explain.js';

/** Of what something is looked for. */
interface Scope {
  readonly connection?: string;
  /** Name of the only collection that the key may see; null = all. */
  readonly only: string | null;
}

/** What is looked for. */
export interface Wanted extends Scope {
  readonly url?: string;
  readonly externalId?: string;
}

/** What is in the index comes before what is not. */
const BEST_FIRST = `array_position(array['live', 'suspect', 'pending', 'lost_access'], d.state),
  d.updated_at desc`;

const READ_WHOLE = readWhole('$1', '$2');

/**
 * Partitions of connection `$3` of which the last run that was to read them has not read all. One
 * without a row is still to be listed, unless that run has listed everything there is.
 */
const UNFINISHED = `
  select count(*)::int from partitions k
    left join lateral (
      select r.id, r.state in ('success', 'partial') as listed from runs r
      where r.connection_id = k.connection_id and r.started_at is not null
        and (r.options ->> 'partition' is null or r.options ->> 'partition' = k.key)
      order by r.created_at desc, r.id limit 1
    ) last on true
    left join lateral (
      select ${READ_WHOLE} as whole from run_partitions p
      where p.run_id = last.id and p.partition_key = k.key having count(*) > 0
    ) lanes on true
  where k.connection_id = $3 and k.skip_reason is null
    and not coalesce(lanes.whole, last.listed, false)`;

const DOCUMENTS = inScope('d.tenant_id', 'd.connection_id');
const CONNECTIONS = inScope('c.tenant_id', 'c.id');

/** Everything that is known of one document, wherever it is noted. */
@Injectable()
export class DocumentExplainRepository {
  /** The best of what matches. */
  async document(
    tx: EntityManager,
    tenant: string,
    wanted: Wanted,
  ): Promise<DocumentRecord | undefined> {
    const [best] = await this.rows<DocumentRecord>(
      tx,
      tenant,
      wanted,
      `select ${DOCUMENT_COLUMNS} from ${DOCUMENT_TABLES} where ${DOCUMENTS}
         and ($4::text is null or d.url = $4) and ($5::text is null or d.external_id = $5)
       order by ${BEST_FIRST} limit 1`,
      [wanted.url, wanted.externalId],
    );
    return best;
  }

  /** The document of which an address shows a part, e.g. one message; best first, as above. */
  async cited(
    tx: EntityManager,
    tenant: string,
    wanted: Wanted,
  ): Promise<DocumentRecord | undefined> {
    const [best] = await this.rows<DocumentRecord>(
      tx,
      tenant,
      wanted,
      `select ${DOCUMENT_COLUMNS} from ${DOCUMENT_TABLES} where ${DOCUMENTS}
         and d.citations @> jsonb_build_array(jsonb_build_object('url', $4::text))
       order by ${BEST_FIRST} limit 1`,
      [wanted.url],
    );
    return best;
  }

  /** A document that was removed for good and has another name at its source by now. */
  async removed(
    tx: EntityManager,
    tenant: string,
    wanted: Wanted,
  ): Promise<DocumentRecord | undefined> {
    const [latest] = await this.rows<DocumentRecord>(
      tx,
      tenant,
      wanted,
      `select ${DOCUMENT_COLUMNS} from ${DOCUMENT_TABLES}
         join suppressions r on r.tenant_id = d.tenant_id and r.document_id = d.id
       where ${DOCUMENTS} and r.external_id = $4 and r.text_hash is null
       order by d.updated_at desc limit 1`,
      [wanted.externalId],
    );
    return latest;
  }

  /** The open failure of an item, by its id or its address. */
  async failure(
    tx: EntityManager,
    tenant: string,
    wanted: Wanted,
  ): Promise<(ExplainedFailure & { connection_id: string }) | undefined> {
    const [latest] = await this.rows<ExplainedFailure & { connection_id: string }>(
      tx,
      tenant,
      wanted,
      `select f.id, f.connection_id, f.stage, f.code, f.message, f.attempts, f.next_at,
         f.partition_key as partition
       from failures f join connections c on c.id = f.connection_id
         join collections k on k.id = c.collection_id
       where ${CONNECTIONS} and f.resolved_at is null
         and ($4::text is null or f.url = $4) and ($5::text is null or f.external_id = $5)
       order by f.updated_at desc limit 1`,
      [wanted.url, wanted.externalId],
    );
    return latest;
  }

  async isSuppressed(
    tx: EntityManager,
    tenant: string,
    source: { provider: string; account_id: string; collection_id: string },
    externalId: string,
  ): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from suppressions where tenant_id = $1 and provider = $2 and account_id = $3
         and (collection_id is null or collection_id = $4) and external_id = $5
         and text_hash is null`,
      [tenant, source.provider, source.account_id, source.collection_id, externalId],
    );
    return rows.length > 0;
  }

  /** The named connection, or the only one that there is. */
  async connection(
    tx: EntityManager,
    tenant: string,
    only: string | null,
    id: string | undefined,
  ): Promise<ExplainedConnection | undefined> {
    const rows = await this.rows<ExplainedConnection>(
      tx,
      tenant,
      { only, connection: id },
      `select c.id, c.name, c.provider, c.account_id, c.collection_id, c.status, c.status_reason
       from connections c join collections k on k.id = c.collection_id
       where ${CONNECTIONS} limit 2`,
      [],
    );
    return rows.length === 1 ? rows[0] : undefined;
  }

  /** A partition as the connection and the latest of its runs that has begun know it. */
  async partition(
    tx: EntityManager,
    connection: string,
    key: string,
    { count, sweeps }: LedgerLanes,
  ): Promise<ExplainedPartition | undefined> {
    const rows = await tx.query<ExplainedPartition[]>(
      `select k.key, k.title, k.skip_reason, l.complete, l.gap_reason
       from partitions k left join lateral (
         select ${READ_WHOLE} as complete, max(p.gap_reason) as gap_reason
         from run_partitions p
         where p.partition_key = k.key and p.run_id = (
           select r.id from runs r join run_partitions own on own.run_id = r.id
           where r.connection_id = k.connection_id and own.partition_key = k.key
           order by r.created_at desc limit 1)
         having count(*) > 0
       ) l on true
       where k.connection_id = $3 and k.key = $4`,
      [sweeps, count, connection, key],
    );
    return rows[0];
  }

  /** The latest run of a connection that has begun. */
  async run(
    tx: EntityManager,
    connection: string,
    { count, sweeps }: LedgerLanes,
  ): Promise<ExplainedRun | undefined> {
    const rows = await tx.query<ExplainedRun[]>(
      `select r.id, r.state, r.finished_at, coalesce(r.counts -> 'skipped', '{}') as skipped,
         case when r.state in ('success', 'partial')
           or exists (select from partitions k where k.connection_id = $3)
           then (${UNFINISHED}) end as unfinished
       from runs r where r.connection_id = $3 and r.started_at is not null
       order by r.created_at desc, r.id limit 1`,
      [sweeps, count, connection],
    );
    return rows[0];
  }

  /** Rows in a scope, whose parameters come first: `values` are `$4` and so on. */
  private rows<Row>(
    tx: EntityManager,
    tenant: string,
    { only, connection }: Scope,
    query: string,
    values: readonly (string | undefined)[],
  ): Promise<Row[]> {
    const given = [connection, ...values].map((value) => value ?? null);
    return tx.query<Row[]>(query, [tenant, only, ...given]);
  }
}

/** `$1` is the tenant, `$2` the only collection to be seen, `$3` the connection. */
function inScope(tenantColumn: string, connectionColumn: string): string {
  return `${tenantColumn} = $1 and ($2::text is null or k.name = $2)
    and ($3::uuid is null or ${connectionColumn} = $3)`;
}
