import { Global, Module } from '@nestjs/common';
import { AdminModule } from '../admin/admin.module.js';
import { productVersion } from '../common/http/product-version.js';
import { CONFIG, type Config } from '../config/config.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { ScrapeService } from './scrape.service.js';

function create({ role, databaseUrl, qdrantUrl }: Config): PrometheusMetrics {
  return new PrometheusMetrics({
    version: productVersion(),
    role,
    database: databaseUrl === undefined ? 'embedded' : 'server',
    index: qdrantUrl === undefined ? 'pgvector' : 'qdrant',
  });
}

/** Global: every feature counts through `Metrics`. */
@Global()
@Module({
  imports: [AdminModule],
  controllers: [MetricsController],
  providers: [
    { provide: PrometheusMetrics, inject: [CONFIG], useFactory: create },
    { provide: Metrics, useExisting: PrometheusMetrics },
    ScrapeService,
  ],
  exports: [Metrics],
})
export class MetricsModule {}
