import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CollectionsService } from '../collections/collections.service.js';
import type { CollectionAnswer } from '../collections/collections.schema.js';
import { CLOCK, type Clock } from '../common/clock.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import { toMemory } from '../memories/memory.mapper.js';
import { PortabilityRepository, type ExportedRecord } from './portability.repository.js';
import type { ExportedCollection } from './portability.schema.js';

const COLLECTIONS_PER_PAGE = 1_000;
const MEMORIES_PER_PAGE = 500;

/**
 * Writes a tenant's memories as one JSON object, page by page, so that its size does not matter.
 * Each page is a transaction of its own: what is written meanwhile may be in it or not.
 */
@Injectable()
export class ExportService {
  constructor(
    private readonly database: Database,
    private readonly portability: PortabilityRepository,
    private readonly collections: CollectionsService,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The parts of the JSON text, in order. */
  async *export(tenant: string, by: ApiKeyIdentity): AsyncGenerator<string> {
    const event = { actor: `key:${by.id}`, action: 'account.exported' } as const;
    await this.database.inTenant(tenant, (tx) => this.audit.record(tx, tenant, event));
    const head = { tenant, exported_at: this.clock.now().toISOString() };
    const collections = await this.allCollections(tenant);
    const shown = collections.map(describe);
    yield `${JSON.stringify(head).slice(0, -1)},"collections":${JSON.stringify(shown)},"memories":[`;
    let separator = '';
    for (const collection of collections) {
      for await (const page of this.memories(tenant, collection.id)) {
        yield separator + page.map((row) => JSON.stringify(toMemory(row))).join(',\n');
        separator = ',\n';
      }
    }
    yield '],"truncated":false}';
  }

  private async *memories(
    tenant: string,
    collectionId: string,
  ): AsyncGenerator<readonly ExportedRecord[]> {
    let page: ExportedRecord[] = [];
    do {
      page = await this.database.inTenant(
        tenant,
        (tx) => this.portability.page(tx, tenant, collectionId, page.at(-1), MEMORIES_PER_PAGE),
        { priority: 'background' },
      );
      if (page.length > 0) yield page;
    } while (page.length === MEMORIES_PER_PAGE);
  }

  private async allCollections(tenant: string): Promise<CollectionAnswer[]> {
    const all: CollectionAnswer[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: COLLECTIONS_PER_PAGE, offset: 0, cursor };
      const page = await this.collections.list(tenant, query, null);
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }
}

function describe(collection: CollectionAnswer): ExportedCollection {
  const { name, description, metadata, created_at } = collection;
  return { name, description, metadata, created_at };
}
