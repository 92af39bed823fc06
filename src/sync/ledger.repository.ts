import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KnownDocument } from '../remember/document-row.js';

const KNOWN = `id, external_id as "externalId", seq::int, version, content_hash as "contentHash",
  meta_hash as "metaHash", state, partition_key as "partition", title, url, author,
  chunk_count as "chunkCount", source_created_at as "sourceCreatedAt",
  source_updated_at as "sourceUpdatedAt"`;

/** What is stored of a connection, as the engine asks for it: always a whole page at once. */
@Injectable()
export class LedgerRepository {
  async known(
    tx: EntityManager,
    tenant: string,
    connection: string,
    externalIds: readonly string[],
  ): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents d
       join unnest($3::text[]) as wanted(external_id) using (external_id)
       where d.tenant_id = $1 and d.connection_id = $2`,
      [tenant, connection, externalIds],
    );
  }

  async byId(tx: EntityManager, tenant: string, id: string): Promise<KnownDocument | undefined> {
    const rows = await tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
    return rows[0];
  }

  /** Documents of a connection with one of these contents, also deleted ones: a rename's source. */
  async withContent(
    tx: EntityManager,
    tenant: string,
    connection: string,
    contentHashes: readonly string[],
  ): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents
       where tenant_id = $1 and connection_id = $2 and content_hash = any($3::text[])
         and state in ('live', 'suspect', 'deleted')`,
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

  /**
   * Documents of a partition that a sweep did not see: `seen` has bit `seq` set for each seen one.
   * Pages by `seq`, so nothing holds all ids.
   */
  async unseen(
    tx: EntityManager,
    tenant: string,
    connection: string,
    partition: string,
    seen: Buffer,
    page: { afterSeq: number; limit: number },
  ): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents
       where tenant_id = $1 and connection_id = $2 and partition_key = $3 and seq > $5
         and state in ('pending', 'live', 'suspect')
         and (seq >= length($4::bytea) * 8 or get_bit($4::bytea, seq) = 0)
       order by seq limit $6`,
      [tenant, connection, partition, seen, page.afterSeq, page.limit],
    );
  }

  /** Partitions that hold documents, to find those that the source no longer lists. */
  async partitionsInUse(tx: EntityManager, tenant: string, connection: string): Promise<string[]> {
    const rows = await tx.query<{ key: string }[]>(
      `select distinct partition_key as key from documents
       where tenant_id = $1 and connection_id = $2 and state in ('pending', 'live', 'suspect')`,
      [tenant, connection],
    );
    return rows.map((row) => row.key);
  }

  /** How many documents a connection holds per partition, and in all under ''. */
  async countLive(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<Map<string, number>> {
    const rows = await tx.query<{ key: string; n: number }[]>(
      `select partition_key as key, count(*)::int as n from documents
       where tenant_id = $1 and connection_id = $2 and state in ('live', 'suspect')
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

  /** Suspects of a connection, optionally of some partitions (held deletions). */
  async suspects(tx: EntityManager, tenant: string, connection: string): Promise<KnownDocument[]> {
    return tx.query<KnownDocument[]>(
      `select ${KNOWN} from documents
       where tenant_id = $1 and connection_id = $2 and state = 'suspect' order by seq`,
      [tenant, connection],
    );
  }
}
