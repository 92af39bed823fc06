import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AdminModule } from './admin/admin.module.js';
import { AuthModule } from './auth/auth.module.js';
import { LocalAccessModule } from './cli/local/local-access.module.js';
import { CollectionsModule } from './collections/collections.module.js';
import { CLOCK, SystemClock, type Clock } from './common/clock.js';
import { HttpModule } from './common/http/http.module.js';
import { IDS, RandomIds } from './common/ids.js';
import { CONFIG, type Config } from './config/config.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DatabaseClock } from './database/database-clock.js';
import { DatabaseModule } from './database/database.module.js';
import { DocumentsModule } from './documents/documents.module.js';
import { HealthModule } from './health/health.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MemoriesModule } from './memories/memories.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PortabilityModule } from './portability/portability.module.js';
import { ReindexModule } from './reindex/reindex.module.js';
import { RunsModule } from './runs/runs.module.js';
import { SchedulerModule } from './scheduler/scheduler.module.js';
import { SearchModule } from './search/search.module.js';
import { SyncModule } from './sync/sync.module.js';
import { TenantsModule } from './tenants/tenants.module.js';

const PLATFORM = [
  ScheduleModule.forRoot(),
  DatabaseModule,
  AuthModule,
  HttpModule,
  HealthModule,
  MetricsModule,
];

/** One line per feature; each module brings its controllers, services and timers. */
const FEATURES = [
  TenantsModule,
  CollectionsModule,
  MemoriesModule,
  SearchModule,
  JobsModule,
  ReindexModule,
  PortabilityModule,
  RunsModule,
  CredentialsModule,
  ConnectionsModule,
  DocumentsModule,
  SyncModule,
  SchedulerModule,
  AdminModule,
  LocalAccessModule,
];

/** The whole product. Configuration, clock and ids are handed in here and nowhere else. */
@Module({})
export class AppModule {
  static forConfig(config: Config, clock: Clock = clockFor(config)): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [...PLATFORM, ...FEATURES],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: CLOCK, useValue: clock },
        { provide: IDS, useClass: RandomIds },
      ],
      exports: [CONFIG, CLOCK, IDS],
    };
  }
}

/** Many processes agree on the time only where it is that of their database. */
function clockFor({ databaseUrl }: Config): Clock {
  return databaseUrl ? new DatabaseClock() : new SystemClock();
}
