import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import type { Removed } from '../../remember/write-batches.js';

export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Removals are noted per collection: another one may hold the same account. */
export interface SuppressionScope {
  readonly provider: string;
  readonly account: string;
  readonly collection: { readonly id: string };
}

/** A document that was removed for good, as its source last named it. */
export interface RemovedDocument {
  readonly externalId: string;
  readonly contentHash: string;
}

/** What of the asked ids was removed: whole documents, and texts by the hash. */
export interface Suppressed {
  readonly documents: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>;
}

const SCOPE = `s.tenant_id = $1 and s.provider = $2 and s.account_id = $3
  and (s.collection_id is null or s.collection_id = $4)`;

/** What a tenant removed for good: a sync must not bring it back. */
@Injectable()
export class SuppressionsRepository {
  /**
   * What was removed under one id stays gone under the next one, and under the old one too; only
   * the next one is looked for by its content from then on.
   */
  async follow(
    tx: EntityManager,
    tenant: string,
    scope: SuppressionScope,
    renames: readonly Rename[],
  ): Promise<void> {
    if (renames.length === 0) return;
    const of = parameters(tenant, scope);
    await tx.query(
      `insert into suppressions (id, tenant_id, provider, account_id, collection_id, external_id,
         text_hash, content_hash, document_id)
       select gen_random_uuid(), $1, $2, $3, $4, r."to", s.text_hash, s.content_hash,
         coalesce(s.document_id, d.id)
       from json_to_recordset($5::json) as r("from" text, "to" text)
       join suppressions s on s.external_id = r."from"
       left join documents d on d.tenant_id = $1 and d.provider = $2 and d.account_id = $3
         and d.collection_id = $4 and d.external_id = s.external_id and s.text_hash is null
       where ${SCOPE}
       on conflict do nothing`,
      [...of, JSON.stringify(renames)],
    );
    // Of every collection stays as it is: the other ones have yet to follow.
    await tx.query(
      `update suppressions s set content_hash = null
       where ${SCOPE} and s.collection_id is not null and s.external_id = any($5::text[])`,
      [...of, renames.map(({ from }) => from)],
    );
  }

  /** Removed documents with one of these contents that have no other id yet. */
  async withContent(
    tx: EntityManager,
    tenant: string,
    scope: SuppressionScope,
    contentHashes: readonly string[],
  ): Promise<RemovedDocument[]> {
    return tx.query<RemovedDocument[]>(
      `select s.external_id as "externalId", s.content_hash as "contentHash" from suppressions s
       where ${SCOPE} and s.text_hash is null and s.content_hash = any($5::text[])
       order by s.created_at, s.external_id`,
      [...parameters(tenant, scope), contentHashes],
    );
  }

  /** What of these documents was removed, by their own ids: also of those whose rows are gone. */
  async ofStored(
    tx: EntityManager,
    tenant: string,
    scope: SuppressionScope,
    ids: readonly string[],
  ): Promise<Removed> {
    const rows = await runPrepared<{ id: string; textHash: string | null }>(
      tx,
      `select coalesce(d.id, s.document_id) as id, s.text_hash as "textHash" from suppressions s
       left join documents d on d.tenant_id = $1 and d.id = any($5::uuid[])
         and d.external_id = s.external_id
       where ${SCOPE} and (d.id is not null or s.document_id = any($5::uuid[]))`,
      [...parameters(tenant, scope), ids],
    );
    return collected(rows);
  }

  async of(
    tx: EntityManager,
    tenant: string,
    scope: SuppressionScope,
    externalIds: readonly string[],
  ): Promise<Suppressed> {
    const rows = await tx.query<{ id: string; textHash: string | null }[]>(
      `select s.external_id as id, s.text_hash as "textHash" from suppressions s
       where ${SCOPE} and s.external_id = any($5::text[])`,
      [...parameters(tenant, scope), externalIds],
    );
    return collected(rows);
  }
}

function collected(rows: readonly { id: string; textHash: string | null }[]): Removed {
  const documents = new Set<string>();
  const texts = new Map<string, Set<string>>();
  for (const { id, textHash } of rows) {
    if (textHash === null) documents.add(id);
    else texts.set(id, (texts.get(id) ?? new Set()).add(textHash));
  }
  return { documents, texts };
}

function parameters(tenant: string, { provider, account, collection }: SuppressionScope): string[] {
  return [tenant, provider, account, collection.id];
}
