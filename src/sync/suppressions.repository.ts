import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** What a tenant removed for good: a sync must not bring it back. */
@Injectable()
export class SuppressionsRepository {
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
