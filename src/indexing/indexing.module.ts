import { Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { StatisticsCheck } from './drift/statistics-check.js';
import { IndexAdminController } from './index-admin.controller.js';
import { IndexAdminService } from './index-admin.service.js';
import { IndexMaintenance } from './index-maintenance.js';
import { IndexStateRepository } from './index-state.repository.js';
import { IndexHealth } from './outbox/index-health.js';
import { OutboxWorker } from './outbox/outbox-worker.js';
import { CandidateFinder } from './pgvector/candidate-finder.js';
import { DensePlan } from './pgvector/dense-plan.js';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { PgVectorIndex } from './pgvector/pgvector.index.js';
import { PgVectorRowsRepository } from './pgvector/pgvector-rows.repository.js';
import { PointRowsRepository } from './qdrant/point-rows.repository.js';
import { QDRANT, qdrantParts, type QdrantParts } from './qdrant/qdrant-parts.js';
import { IndexRows } from './rows/index-rows.js';
import { IndexWriter } from './rows/index-writer.js';
import { LengthRewrite } from './rows/length-rewrite.js';
import { QueryStatistics } from './statistics/query-statistics.js';
import { StatsFolder } from './statistics/stats-folder.js';
import { TermStatisticsRepository } from './statistics/term-statistics.repository.js';
import { VECTOR_INDEX, type VectorIndex } from './vector-index.js';

@Module({
  controllers: [IndexAdminController],
  providers: [
    CandidateFinder,
    DensePlan,
    HnswIndexes,
    IndexAdminService,
    IndexHealth,
    IndexMaintenance,
    IndexStateRepository,
    IndexWriter,
    LengthRewrite,
    OutboxWorker,
    PgVectorIndex,
    QueryStatistics,
    StatisticsCheck,
    StatsFolder,
    TermStatisticsRepository,
    {
      provide: IndexRows,
      inject: [CONFIG],
      useFactory: ({ qdrantUrl }: Config): IndexRows =>
        qdrantUrl === undefined ? new PgVectorRowsRepository() : new PointRowsRepository(),
    },
    {
      provide: QDRANT,
      inject: [CONFIG, Database, IndexRows, IndexWriter, QueryStatistics, CLOCK, IndexHealth],
      useFactory: createQdrant,
    },
    {
      provide: VECTOR_INDEX,
      inject: [QDRANT, PgVectorIndex],
      useFactory: (qdrant: QdrantParts | null, pgvector: PgVectorIndex): VectorIndex =>
        qdrant?.index ?? pgvector,
    },
  ],
  exports: [
    VECTOR_INDEX,
    QDRANT,
    IndexAdminService,
    IndexHealth,
    IndexRows,
    StatisticsCheck,
    StatsFolder,
  ],
})
export class IndexingModule {}

function createQdrant(
  {
    qdrantUrl: url,
    qdrantApiKey: apiKey,
    qdrantPrefix: prefix,
    maxIndexBacklog: maxBacklog,
  }: Config,
  database: Database,
  rows: IndexRows,
  writer: IndexWriter,
  statistics: QueryStatistics,
  clock: Clock,
  health: IndexHealth,
): QdrantParts | null {
  if (url === undefined) return null;
  return qdrantParts(
    { url, apiKey, prefix, maxBacklog },
    { database, rows, writer, statistics, clock, health },
  );
}
