import { Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CollectionsService } from '../collections/collections.service.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { textHash } from '../remember/normalise.js';
import { SearchService } from '../search/search.service.js';
import type { ForgetMemoriesBody, Forgotten } from './curation.schema.js';
import { RemovalService } from './removal.service.js';

/**
 * Deletes by meaning, or says what it would delete. What gets another text between the two stays:
 * nobody has asked to forget that one.
 */
@Injectable()
export class ForgetService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly search: SearchService,
    private readonly removal: RemovalService,
    private readonly audit: AuditService,
  ) {}

  /**
   * The score gates every hit, so only the vector arm is asked: in the hybrid order hits by words
   * alone could take the places of better ones.
   * @throws AppError `collection_not_found`, `embedder_unavailable`
   */
  async forget(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    body: ForgetMemoriesBody,
  ): Promise<Forgotten> {
    const collection = await this.collections.require(tenant, name);
    const hits = await this.search.search(tenant, {
      query: body.query,
      collections: [name],
      mode: 'vector',
      limit: body.limit,
      minScore: body.min_score,
      boosts: false,
    });
    const found = hits.filter((hit) => hit.score >= body.min_score);
    const ids = found.map((hit) => hit.id);
    if (body.dry_run) return { deleted: 0, dry_run: true, would_delete: ids.length, ids };
    const hashes = new Map(found.map((hit) => [hit.id, textHash(hit.text)]));
    const deleted = await this.removal.removeMany(tenant, collection.id, ids, {
      choose: (locked) => locked.filter((one) => hashes.get(one.id) === one.text_hash),
      record: (tx) =>
        this.audit.record(tx, tenant, {
          actor: `key:${by.id}`,
          action: 'memories.forgotten',
          target: name,
          // Not the query: those are the words of people.
          details: { found: ids.length, min_score: body.min_score },
        }),
    });
    return { deleted };
  }
}
