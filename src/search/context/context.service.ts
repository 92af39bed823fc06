import { Inject, Injectable } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '../../inference/embedder.js';
import { SearchService } from '../search.service.js';
import type { SearchQuery } from '../search-query.js';
import type { ContextAnswer } from './context.schema.js';
import { packContext } from './pack-context.js';

@Injectable()
export class ContextService {
  constructor(
    private readonly searches: SearchService,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
  ) {}

  /**
   * What a language model should read to answer a query, with its sources.
   * @throws AppError `collection_not_found`, `embedder_unavailable`, `embedding_model_differs`
   */
  async compose(tenant: string, query: SearchQuery, maxTokens: number): Promise<ContextAnswer> {
    const hits = await this.searches.search(tenant, query);
    const countTokens = (text: string): number => this.embedder.countTokens(text);
    return packContext(hits, { maxTokens, countTokens });
  }
}
