import { Module } from '@nestjs/common';
import { IndexMaintenance } from './index-maintenance.js';
import { DensePlan } from './pgvector/dense-plan.js';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { PgVectorRowsRepository } from './pgvector/pgvector-rows.repository.js';
import { PgVectorIndex } from './pgvector/pgvector.index.js';
import { IndexRows } from './rows/index-rows.js';
import { IndexWriter } from './rows/index-writer.js';
import { LengthRewrite } from './rows/length-rewrite.js';
import { QueryStatistics } from './statistics/query-statistics.js';
import { StatsFolder } from './statistics/stats-folder.js';
import { TermStatisticsRepository } from './statistics/term-statistics.repository.js';
import { VECTOR_INDEX } from './vector-index.js';

@Module({
  providers: [
    DensePlan,
    HnswIndexes,
    IndexMaintenance,
    IndexWriter,
    LengthRewrite,
    QueryStatistics,
    StatsFolder,
    TermStatisticsRepository,
    { provide: IndexRows, useClass: PgVectorRowsRepository },
    { provide: VECTOR_INDEX, useClass: PgVectorIndex },
  ],
  exports: [VECTOR_INDEX, StatsFolder],
})
export class IndexingModule {}
