import { Injectable } from '@nestjs/common';
import { CollectionsService } from '../collections/collections.service.js';
import { SearchService } from '../search/search.service.js';
import type { ForgetMemoriesBody, Forgotten } from './curation.schema.js';
import { RemovalService } from './removal.service.js';

/** Deletes by meaning, or says what it would delete. */
@Injectable()
export class ForgetService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly search: SearchService,
    private readonly removal: RemovalService,
  ) {}

  /**
   * The score gates every hit, so only the vector arm is asked: in the hybrid order hits by words
   * alone could take the places of better ones.
   * @throws AppError `collection_not_found`, `embedder_unavailable`
   */
  async forget(tenant: string, name: string, body: ForgetMemoriesBody): Promise<Forgotten> {
    const collection = await this.collections.require(tenant, name);
    const hits = await this.search.search(tenant, {
      query: body.query,
      collections: [name],
      mode: 'vector',
      limit: body.limit,
      minScore: body.min_score,
      boosts: false,
    });
    const ids = hits.filter((hit) => hit.score >= body.min_score).map((hit) => hit.id);
    if (body.dry_run) return { deleted: 0, dry_run: true, would_delete: ids.length, ids };
    return { deleted: await this.removal.removeMany(tenant, collection.id, ids) };
  }
}
