import { Global, Module } from '@nestjs/common';
import { AdminModule } from '../admin/admin.module.js';
import { productVersion } from '../common/http/product-version.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseClock } from '../database/database-clock.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { ScrapeService } from './scrape.service.js';

function create({ role, databaseUrl, qdrantUrl }: Config, clock: Clock): PrometheusMetrics {
  const build = {
    version: productVersion(),
    role,
    database: databaseUrl === undefined ? 'embedded' : 'server',
    index: qdrantUrl === undefined ? 'pgvector' : 'qdrant',
  };
  return new PrometheusMetrics(build, clock instanceof DatabaseClock ? () => clock.aheadMs : null);
}

/** Global: every feature counts through `Metrics`. */
@Global()
@Module({
  imports: [AdminModule],
  controllers: [MetricsController],
  providers: [
    { provide: PrometheusMetrics, inject: [CONFIG, CLOCK], useFactory: create },
    { provide: Metrics, useExisting: PrometheusMetrics },
    ScrapeService,
  ],
  exports: [Metrics],
})
export class MetricsModule {}
