import type { Clock } from '../../common/clock.js';
import type { Database } from '../../database/database.js';
import { PointCheck } from '../drift/point-check.js';
import { OutboxPressure } from '../outbox/outbox-pressure.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import type { IndexRows } from '../rows/index-rows.js';
import type { IndexWriter } from '../rows/index-writer.js';
import type { QueryStatistics } from '../statistics/query-statistics.js';
import { IndexRebuild } from './index-rebuild.js';
import { IndexVersionsRepository } from './index-versions.repository.js';
import { OutboxApplier } from './outbox-applier.js';
import { PointSourcesRepository } from './point-sources.repository.js';
import { QdrantIndex } from './qdrant.index.js';
import { QdrantSpaces } from './qdrant-spaces.js';
import { SearchPatience, type SearchHealth } from './search-patience.js';
import { QdrantStore, type QdrantSettings } from './qdrant-store.js';

/** Everything that works with one Qdrant. */
export interface QdrantParts {
  readonly index: QdrantIndex;
  readonly store: QdrantStore;
  readonly spaces: QdrantSpaces;
  readonly outbox: OutboxRepository;
  readonly sources: PointSourcesRepository;
  readonly applier: OutboxApplier;
  readonly rebuild: IndexRebuild;
  readonly check: PointCheck;
}

/** Null where vectors live in the database. */
export const QDRANT = Symbol('Qdrant');

export interface QdrantNeeds {
  readonly database: Database;
  readonly rows: IndexRows;
  readonly writer: IndexWriter;
  readonly statistics: QueryStatistics;
  readonly clock: Clock;
  readonly health: SearchHealth;
}

/**
 * @param settings with the prefix of the names of our collections, and the marks at which requests
 *   are refused
 */
export function qdrantParts(
  settings: QdrantSettings & { readonly prefix: string; readonly maxBacklog: number },
  { database, rows, writer, statistics, clock, health }: QdrantNeeds,
): QdrantParts {
  const store = new QdrantStore(settings);
  const outbox = new OutboxRepository();
  const sources = new PointSourcesRepository();
  const versions = new IndexVersionsRepository();
  const spaces = new QdrantSpaces(database, versions, store, settings.prefix);
  const secrets = settings.apiKey ? [settings.apiKey] : [];
  const pressure = new OutboxPressure(database, outbox, clock, settings.maxBacklog);
  const patience = new SearchPatience(health, clock);
  return {
    store,
    spaces,
    outbox,
    sources,
    applier: new OutboxApplier(database, outbox, sources, spaces, store, secrets),
    check: new PointCheck(database, outbox, sources, spaces, store, pressure),
    rebuild: new IndexRebuild(database, versions, spaces, pressure),
    index: new QdrantIndex(
      store,
      spaces,
      rows,
      writer,
      sources,
      statistics,
      pressure,
      clock,
      patience,
    ),
  };
}
