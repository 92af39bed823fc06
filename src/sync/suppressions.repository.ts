import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** What a tenant removed for good: a sync must not bring it back. */
@Injectable()
export class SuppressionsRepository {
  /** What was removed under one id stays gone under the next one, and under the old one too. */
  async follow(
    tx: EntityManager,
    tenant: string,
    source: { provider: string; account: string },
    renames: readonly Rename[],
  ): Promise<void> {
    await tx.query(
      `insert into suppressions (id, tenant_id, provider, account_id, external_id, text_hash)
       select gen_random_uuid(), s.tenant_id, s.provider, s.account_id, r."to", s.text_hash
       from json_to_recordset($4::json) as r("from" text, "to" text)
       join suppressions s on s.external_id = r."from"
       where s.tenant_id = $1 and s.provider = $2 and s.account_id = $3
       on conflict do nothing`,
      [tenant, source.provider, source.account, JSON.stringify(renames)],
    );
  }

  async of(
    tx: EntityManager,
    tenant: string,
    source: { provider: string; account: string },
    externalIds: readonly string[],
  ): Promise<{ documents: Set<string>; texts: Map<string, Set<string>> }> {
    const rows = await tx.query<{ externalId: string; textHash: string | null }[]>(
      `select external_id as "externalId", text_hash as "textHash" from suppressions
       where tenant_id = $1 and provider = $2 and account_id = $3 and external_id = any($4::text[])`,
      [tenant, source.provider, source.account, externalIds],
    );
    const documents = new Set<string>();
    const texts = new Map<string, Set<string>>();
    for (const { externalId, textHash } of rows) {
      if (textHash === null) documents.add(externalId);
      else texts.set(externalId, (texts.get(externalId) ?? new Set()).add(textHash));
    }
    return { documents, texts };
  }
}
