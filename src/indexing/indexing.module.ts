import { Module } from '@nestjs/common';
import { IndexMaintenance } from './index-maintenance.js';
import { DensePlan } from './pgvector/dense-plan.js';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { IndexRowsRepository } from './pgvector/index-rows.repository.js';
import { LengthRewrite } from './pgvector/length-rewrite.js';
import { PgVectorIndex } from './pgvector/pgvector.index.js';
import { StatsFolder } from './statistics/stats-folder.js';
import { TermStatisticsRepository } from './statistics/term-statistics.repository.js';
import { VECTOR_INDEX } from './vector-index.js';

@Module({
  providers: [
    DensePlan,
    HnswIndexes,
    IndexMaintenance,
    IndexRowsRepository,
    LengthRewrite,
    StatsFolder,
    TermStatisticsRepository,
    { provide: VECTOR_INDEX, useClass: PgVectorIndex },
  ],
  exports: [VECTOR_INDEX, StatsFolder],
})
export class IndexingModule {}
