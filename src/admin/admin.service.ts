import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { productVersion } from '../common/http/product-version.js';
import { redact } from '../common/redact.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { IndexHealth } from '../indexing/outbox/index-health.js';
import { AdminRepository, type AttentionRow, type MemoryHealthRow } from './admin.repository.js';
import type {
  ConnectorHealth,
  ConnectorStatus,
  MemoryHealth,
  MemoryHealthQuery,
  Overview,
} from './admin.schema.js';
import { FleetService, type Fleet } from './fleet.service.js';
import { scaled } from './sampled.js';

/** 160 MB of a table, which takes a server about 0.1 s. */
const HEALTH_SAMPLE = { pages: 20_000 };
const OVERVIEW_SAMPLE = { pages: 5_000 };
const FAILED_HOURS = 24;

/** What an operator asks about all tenants at once. */
@Injectable()
export class AdminService {
  constructor(
    private readonly database: Database,
    private readonly repository: AdminRepository,
    private readonly fleet: FleetService,
    private readonly health: IndexHealth,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async connectorHealth(hours: number): Promise<ConnectorHealth[]> {
    const rows = await this.database.asSystem((tx) => this.repository.providerHealth(tx, hours));
    return rows.map((row) => ({ ...row, last_run: row.last_run?.toISOString() ?? null }));
  }

  connectorStatus(): Promise<ConnectorStatus[]> {
    return this.database.asSystem(
      (tx) => this.repository.statuses(tx) as Promise<ConnectorStatus[]>,
    );
  }

  async memoryHealth({ stale_days: days }: MemoryHealthQuery): Promise<MemoryHealth> {
    return toMemoryHealth(
      await this.database.asSystem((tx) => this.repository.memoryHealth(tx, days, HEALTH_SAMPLE)),
    );
  }

  /** @param limit connections that are shown in `attention` */
  async overview(limit: number): Promise<Overview> {
    const fleet = await this.fleet.look(OVERVIEW_SAMPLE);
    const { failed, worst } = await this.database.asSystem(async (tx) => ({
      failed: await this.repository.failedRuns(tx, FAILED_HOURS),
      worst: await this.repository.attention(tx, limit),
    }));
    const { reachable, error, since } = this.health.state;
    return {
      version: productVersion(),
      database: this.database.mode,
      index: this.config.qdrantUrl === undefined ? 'pgvector' : 'qdrant',
      ...toOverview(fleet, failed, worst),
      index_health: { reachable, error, since: since?.toISOString() ?? null },
      generated_at: this.clock.now().toISOString(),
    };
  }
}

export function toMemoryHealth(row: MemoryHealthRow): MemoryHealth {
  const { share } = row;
  const stale = scaled(row.stale, share);
  const expired = scaled(row.expired, share);
  return {
    total: scaled(row.total, share),
    current: scaled(row.current, share),
    archived: scaled(row.archived, share),
    stale,
    expired,
    supersessions: scaled(row.supersessions, row.supersessions_share),
    needs_attention: stale + expired,
    estimated: share < 1 || row.supersessions_share < 1,
  };
}

export function toOverview(
  fleet: Fleet,
  failed: number,
  worst: readonly AttentionRow[],
): Omit<Overview, 'version' | 'database' | 'index' | 'index_health' | 'generated_at'> {
  const { pending, oldestSeconds, error } = fleet.outbox;
  const inState = (state: string): number =>
    fleet.runs.reduce((sum, row) => sum + (row.state === state ? row.n : 0), 0);
  return {
    tenants: fleet.tenants,
    connections: [...fleet.connections],
    runs: {
      queued: inState('queued'),
      running: inState('running'),
      waiting: inState('waiting'),
      oldest_queued_seconds: fleet.oldestQueuedSeconds,
      failed_24h: failed,
    },
    attention: { total: worst[0]?.matching ?? 0, connections: worst.map(toAttention) },
    outbox: { pending, oldest_seconds: oldestSeconds, error },
    documents: fleet.documents,
    memories: fleet.memories,
  };
}

/** Codes instead of messages, and no name with a secret in it: this page is about other people. */
function toAttention(row: AttentionRow): Overview['attention']['connections'][number] {
  return {
    id: row.id,
    tenant: row.tenant,
    provider: row.provider,
    name: redact(row.name),
    status: row.status as ConnectorStatus['status'],
    since: row.since.toISOString(),
    errors_in_a_row: row.consecutive_errors,
    held_deletions: row.held,
    last_error: row.last_error,
    last_success_at: row.last_success_at?.toISOString() ?? null,
  };
}
