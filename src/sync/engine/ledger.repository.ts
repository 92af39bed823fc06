import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CreatedRange, Verdict } from '../../../connectors/sdk/contract.js';
import type { KnownDocument } from '../../remember/document-row.js';

const KNOWN = `id, external_id as "externalId", seq::int, version, content_hash as "contentHash",
  meta_hash as "metaHash", state, partition_key as "partition", title, url, author,
  chunk_count as "chunkCount", kept_at is not null as kept, synced_at as "syncedAt",
  source_created_at as "sourceCreatedAt", source_updated_at as "sourceUpdatedAt"`;

/** What a listing says of a document that decides whether it is as stored. */
export interface ListedVersion {
  readonly externalId: string;
  readonly version: string;
  readonly metaHash: string;
  readonly title: string | null;
}

/** What a run knows nothing of. */
export interface Unseen {
  /** Bit `seq` is set for each document that the run has seen. */
  readonly seen: Buffer;
  /** The run's start: whatever was asked about since then needs no second question. */
  readonly since: Date;
}

export interface Suspect {
  readonly id: string;
  readonly verdict: 'gone' | 'lost_access';
  readonly chunkCount: number;
}

/**
 * The documents of connection $2 by a key, looked up one by one: a join is planned by what is known
 * of the table, and during a first sync that is believed empty and read whole by every page. The
 * planner must not see the connection either: one that it knows no rows of seems to be found as
 * well by the first column of any index.
 */
const documentsBy = (condition: string): string => `cross join lateral (
  select * from documents d
  where d.connection_id = (select $2::uuid) and d.tenant_id = $1 and ${condition} offset 0) d`;

/** What is stored of a connection, as the engine asks for it: always a whole page at once. */
@Injectable()
export class LedgerRepository {
  async known(
    tx: EntityManager,
    tenant: string,
    connection: string,
    externalIds: readonly string[],
  ): Promise<KnownDocument[]> {
    if (externalIds.length === 0) return [];
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from unnest($3::text[]) as wanted (key)
       ${documentsBy('d.external_id = wanted.key')}`,
      [tenant, connection, externalIds],
    );
  }

  /**
   * Those that are stored and live exactly as they are listed, as numbers alone: of a sync that
   * finds little new these are nearly all, and rows of theirs would be most of its work.
   * @param listed title null: it is taken from the content
   * @returns of each its place in the list and its sequence number
   */
  async asListed(
    tx: EntityManager,
    tenant: string,
    connection: string,
    listed: readonly ListedVersion[],
  ): Promise<{ at: number; seq: number }[]> {
    if (listed.length === 0) return [];
    const [found] = await tx.query<[{ at: number[] | null; seq: number[] | null }]>(
      `select array_agg(l.at::int - 1) as at, array_agg(d.seq::int) as seq
       from unnest($3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
         as l(key, version, meta_hash, title, at)
       ${documentsBy('d.external_id = l.key')}
       where d.state = 'live' and d.kept_at is null and d.content_hash is not null
         and d.version = l.version and d.meta_hash = l.meta_hash
         and d.title = coalesce(l.title, d.title)`,
      [
        tenant,
        connection,
        listed.map(({ externalId }) => externalId),
        listed.map(({ version }) => version),
        listed.map(({ metaHash }) => metaHash),
        listed.map(({ title }) => title),
      ],
    );
    const seqs = found.seq ?? [];
    return (found.at ?? []).map((at, n) => ({ at, seq: seqs[n]! }));
  }

  async byId(tx: EntityManager, tenant: string, id: string): Promise<KnownDocument | undefined> {
    const rows = await tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
    return rows[0];
  }

  /**
   * Documents of a connection with one of these contents, also deleted ones: a rename's source.
   * Those that were removed for good are followed by their suppression.
   */
  async withContent(
    tx: EntityManager,
    tenant: string,
    connection: string,
    contentHashes: readonly string[],
  ): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from (select distinct unnest($3::text[]) as hash) wanted
       ${documentsBy('d.content_hash = wanted.hash')}
       where d.state in ('live', 'suspect', 'deleted') and not exists (
           select from suppressions s where s.tenant_id = d.tenant_id and s.provider = d.provider
             and s.account_id = d.account_id and s.external_id = d.external_id
             and (s.collection_id is null or s.collection_id = d.collection_id)
             and s.text_hash is null)`,
      [tenant, connection, contentHashes],
    );
  }

  /** Reserves sequence numbers; unused ones leave harmless gaps in the bitmaps. */
  async reserveSeqs(
    tx: EntityManager,
    tenant: string,
    connection: string,
    count: number,
  ): Promise<number> {
    const [rows] = await tx.query<[{ first: number }[], number]>(
      `update connections set next_seq = next_seq + $3 where tenant_id = $1 and id = $2
       returning (next_seq - $3)::int as first`,
      [tenant, connection, count],
    );
    return rows[0]!.first;
  }

  /** Partitions with documents that a run has neither seen nor asked about; kept ones stay. */
  async partitionsWithUnseen(
    tx: EntityManager,
    tenant: string,
    connection: string,
    { seen, since }: Unseen,
  ): Promise<string[]> {
    const rows = await tx.query<{ key: string }[]>(
      `select distinct partition_key as key from documents
       where tenant_id = $1 and connection_id = $2 and state in ('pending', 'live', 'suspect')
         and kept_at is null
         and (seq >= length($3::bytea) * 8 or get_bit($3::bytea, seq) = 0)
         and (verified_at is null or verified_at < $4)`,
      [tenant, connection, seen, since],
    );
    return rows.map((row) => row.key);
  }

  /**
   * Documents of a partition, created in one of the ranges, that a run has neither seen nor asked
   * about. Pages by `seq`, so nothing holds all ids.
   */
  async unseen(
    tx: EntityManager,
    tenant: string,
    connection: string,
    { seen, since }: Unseen,
    page: { partition: string; ranges: readonly CreatedRange[]; afterSeq: number; limit: number },
  ): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents d
       where tenant_id = $1 and connection_id = $2 and partition_key = $3 and seq > $6
         and state in ('pending', 'live', 'suspect') and kept_at is null
         and (seq >= length($4::bytea) * 8 or get_bit($4::bytea, seq) = 0)
         and (verified_at is null or verified_at < $5)
         and exists (
           select 1 from json_to_recordset($8::json) as r("from" timestamptz, "to" timestamptz)
           where (r."from" is null or d.source_created_at >= r."from")
             and (r."to" is null or d.source_created_at < r."to"))
       order by seq limit $7`,
      [
        tenant,
        connection,
        page.partition,
        seen,
        since,
        page.afterSeq,
        page.limit,
        JSON.stringify(page.ranges),
      ],
    );
  }

  /**
   * Keeps what the source said: what is not there any more becomes suspect, a suspect that is
   * there after all becomes live again. No verdict is no proof. Locked in the order in which
   * everybody locks documents.
   */
  async saveVerdicts(
    tx: EntityManager,
    tenant: string,
    verdicts: readonly { id: string; verdict: Verdict['state'] | null }[],
  ): Promise<void> {
    await tx.query(
      `select from documents where tenant_id = $1 and id = any($2::uuid[]) order by id for update`,
      [tenant, verdicts.map(({ id }) => id)],
    );
    await tx.query(
      `update documents d set verdict = r.verdict, verified_at = now(), updated_at = now(),
         state = case when r.verdict in ('gone', 'lost_access') then 'suspect'
           when d.state = 'suspect' then 'live' else d.state end
       from json_to_recordset($2::json) as r(id uuid, verdict text)
       where d.tenant_id = $1 and d.id = r.id and d.state in ('pending', 'live', 'suspect')`,
      [tenant, JSON.stringify(verdicts)],
    );
  }

  /** How many documents the source should have per partition, and in all under ''. */
  async countLive(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<Map<string, number>> {
    const rows = await tx.query<{ key: string; n: number }[]>(
      `select partition_key as key, count(*)::int as n from documents
       where tenant_id = $1 and connection_id = $2 and state in ('live', 'suspect')
         and kept_at is null
       group by partition_key`,
      [tenant, connection],
    );
    const counts = new Map(rows.map((row) => [row.key, row.n]));
    counts.set(
      '',
      rows.reduce((sum, row) => sum + row.n, 0),
    );
    return counts;
  }

  /** How many suspects each partition has: asked about since then, and before. */
  async countSuspects(
    tx: EntityManager,
    tenant: string,
    connection: string,
    since: Date,
  ): Promise<{ partition: string; fresh: number; earlier: number }[]> {
    return tx.query<{ partition: string; fresh: number; earlier: number }[]>(
      `select partition_key as partition, count(*) filter (where verified_at >= $3)::int as fresh,
         count(*) filter (where verified_at is null or verified_at < $3)::int as earlier
       from documents where tenant_id = $1 and connection_id = $2 and state = 'suspect'
       group by partition_key order by partition_key`,
      [tenant, connection, since],
    );
  }

  /**
   * Some suspects of a connection, or of a partition and asked about since then; locked in the
   * order in which everybody locks documents.
   */
  async suspects(
    tx: EntityManager,
    tenant: string,
    connection: string,
    limit: number,
    of?: { partition: string; since: Date },
  ): Promise<Suspect[]> {
    return tx.query<Suspect[]>(
      `select id, coalesce(verdict, 'gone') as verdict, chunk_count as "chunkCount" from documents
       where tenant_id = $1 and state = 'suspect' and id in (
         select id from documents
         where tenant_id = $1 and connection_id = $2 and state = 'suspect'
           and ($3::text is null or partition_key = $3)
           and ($4::timestamptz is null or verified_at >= $4)
         limit $5)
       order by id for update`,
      [tenant, connection, of?.partition ?? null, of?.since ?? null, limit],
    );
  }
}
