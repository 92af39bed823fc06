import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CollectionsService } from '../collections/collections.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import { CurationRepository, type CategoryHealth } from './curation.repository.js';
import type {
  ArchiveStaleBody,
  CollectionHealth,
  Contradiction,
  DigestQuery,
  ProfileAnswer,
  StaleArchived,
  SummaryAnswer,
  SummaryQuery,
} from './curation.schema.js';
import { buildProfile } from './digest/profile.js';
import { buildSummary } from './digest/summary.js';
import { toMemory } from './memory.mapper.js';

const ARCHIVE_BATCH = 500;
const PROFILE_MEMORIES = 200;

/** Keeps a collection in order and says what is in it, without a model. */
@Injectable()
export class CurationService {
  constructor(
    private readonly database: Database,
    private readonly curation: CurationRepository,
    private readonly collections: CollectionsService,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Archives what was not changed for so long, in small transactions; pinned memories stay. */
  async archiveStale(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    body: ArchiveStaleBody,
  ): Promise<StaleArchived> {
    const { id } = await this.collections.require(tenant, name);
    const days = body.older_than_days;
    if (body.dry_run) {
      const stale = await this.database.inTenant(tenant, (tx) =>
        this.curation.countStale(tx, tenant, id, days),
      );
      return { would_archive: stale };
    }
    let archived = 0;
    let last: number;
    do {
      last = await this.database.inTenant(tenant, async (tx) => {
        const batch = await this.curation.archiveStale(tx, tenant, id, days, ARCHIVE_BATCH);
        if (archived === 0 && batch > 0)
          await this.audit.record(tx, tenant, {
            actor: `key:${by.id}`,
            action: 'memories.archived',
            target: name,
            details: { older_than_days: days },
          });
        return batch;
      });
      archived += last;
    } while (last > 0);
    return { archived };
  }

  health(tenant: string, name: string, staleDays: number): Promise<CollectionHealth> {
    return this.database.inTenant(tenant, async (tx) => {
      const { id } = await this.collections.requireIn(tx, tenant, name);
      const rows = await this.curation.health(tx, tenant, id, staleDays);
      const supersessions = await this.curation.countSupersessions(tx, tenant, id);
      const sum = (field: (row: CategoryHealth) => number) =>
        rows.reduce((total, row) => total + field(row), 0);
      return {
        total: sum((row) => row.total),
        stale: sum((row) => row.stale),
        expired: sum((row) => row.expired),
        supersessions,
        // An expired memory is not counted as stale, so the two can be added.
        needs_attention: sum((row) => row.stale + row.expired),
        categories: Object.fromEntries(rows.map((row) => [row.category, row.total])),
      };
    });
  }

  /** What superseded what, newest first. */
  contradictions(tenant: string, name: string, limit: number): Promise<Contradiction[]> {
    return this.database.inTenant(tenant, async (tx) => {
      const { id } = await this.collections.requireIn(tx, tenant, name);
      const pairs = await this.curation.supersessions(tx, tenant, id, limit);
      const ids = pairs.flatMap((pair) => [pair.current_id, pair.superseded_id]);
      const memories = await this.curation.byIds(tx, tenant, [...new Set(ids)]);
      return pairs.flatMap((pair) => {
        const current = memories.get(pair.current_id);
        const superseded = memories.get(pair.superseded_id);
        // Hidden with its document: the pair cannot be shown.
        if (!current || !superseded) return [];
        return {
          current: toMemory(current),
          superseded: toMemory(superseded),
          reason: pair.reason,
          created_at: pair.created_at.toISOString(),
        };
      });
    });
  }

  async profile(tenant: string, name: string, query: DigestQuery): Promise<ProfileAnswer> {
    const tag = query.container_tag;
    const read = await this.database.inTenant(tenant, async (tx) => {
      const { id } = await this.collections.requireIn(tx, tenant, name);
      return {
        categories: await this.curation.categories(tx, tenant, id, tag),
        memories: await this.curation.best(tx, tenant, id, PROFILE_MEMORIES, tag),
      };
    });
    return {
      profile: buildProfile(read.categories, read.memories),
      based_on: read.memories.length,
    };
  }

  async summary(tenant: string, name: string, query: SummaryQuery): Promise<SummaryAnswer> {
    const memories = await this.database.inTenant(tenant, async (tx) => {
      const { id } = await this.collections.requireIn(tx, tenant, name);
      return this.curation.best(tx, tenant, id, query.limit, query.container_tag);
    });
    return {
      ...buildSummary(memories),
      based_on: memories.length,
      generated_at: this.clock.now().toISOString(),
    };
  }
}
