import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { IndexState } from './index-admin.schema.js';
import { IndexStateRepository } from './index-state.repository.js';
import { IndexHealth } from './outbox/index-health.js';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { QDRANT, type QdrantParts } from './qdrant/qdrant-parts.js';
import { IndexRows } from './rows/index-rows.js';

/** What the operator sees and does of the index. */
@Injectable()
export class IndexAdminService {
  private readonly logger = new Logger('Indexing');
  private running?: Promise<void>;
  private lastError: string | null = null;

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: IndexStateRepository,
    private readonly rows: IndexRows,
    private readonly hnsw: HnswIndexes,
    private readonly audit: AuditService,
    private readonly health: IndexHealth,
    @Inject(QDRANT) private readonly qdrant: QdrantParts | null,
  ) {}

  async state(): Promise<IndexState> {
    const { spaces, vectors, outbox, isBuilding } = await this.database.asSystem(async (tx) => ({
      spaces: await this.repository.spaces(tx),
      vectors: await this.rows.countBySpace(tx),
      outbox: await this.repository.outbox(tx),
      isBuilding: this.qdrant ? false : await this.hnsw.isBuilding(tx),
    }));
    const versions = new Map(
      ((await this.qdrant?.spaces.all()) ?? []).map((version) => [version.space_id, version]),
    );
    const shown = spaces.map(({ marks, ...space }): IndexState['spaces'][number] => {
      const version = versions.get(space.id);
      const building = version?.building ?? null;
      const marked = building === null ? 0 : Number(version!.marked);
      const total = building === null ? 0 : Number(version!.total);
      return {
        ...space,
        vectors: vectors.get(space.id) ?? 0,
        version: version?.live ?? null,
        building,
        lost: version?.lost ?? false,
        marked,
        total,
        left: building === null ? 0 : Math.max(0, total - marked) + marks,
        started_at: building === null ? null : version!.started_at!.toISOString(),
      };
    });
    const { reachable, error, since, lastOk } = this.health.state;
    return {
      kind: this.qdrant ? 'qdrant' : 'pgvector',
      reachable,
      error,
      since: since?.toISOString() ?? null,
      last_ok: lastOk?.toISOString() ?? null,
      rebuilding:
        this.running !== undefined || isBuilding || shown.some(({ building }) => building !== null),
      last_error: this.lastError,
      spaces: shown,
      outbox,
    };
  }

  /**
   * Begins to build everything anew, in the background.
   * @param actor who asked, as the audit log names them
   * @throws AppError `index_unavailable`
   */
  async rebuild(actor: string): Promise<IndexState> {
    // Where there is no Qdrant there will be no act, so there must be no entry.
    await this.qdrant?.store.version();
    await this.database.asSystem((tx) =>
      this.audit.record(tx, null, { actor, action: 'index.rebuild_started' }),
    );
    if (this.qdrant) {
      await this.qdrant.rebuild.begin();
    } else {
      this.running ??= this.rebuildHnsw();
    }
    return this.state();
  }

  private async rebuildHnsw(): Promise<void> {
    try {
      await this.hnsw.rebuildAll();
      this.lastError = null;
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
      this.logger.error(error);
    } finally {
      this.running = undefined;
    }
  }
}
