import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { FleetService } from '../admin/fleet.service.js';
import { CLOCK, hasPassed, type Clock } from '../common/clock.js';
import { fleetRegistry } from './fleet-registry.js';
import { PrometheusMetrics } from './prometheus-metrics.js';

/** However many scrape this process, the database is asked at most so often. */
const FRESH_MS = 5_000;
/** Prometheus gives a scrape up after 10 s, and with it what this process knows by itself. */
const PATIENCE_MS = 4_000;
/** 8 MB of each of the large tables. */
const SAMPLE = { pages: 1_000 };

/** The text that Prometheus reads: this process's numbers, then those of the database. */
@Injectable()
export class ScrapeService {
  private readonly logger = new Logger('Metrics');
  private known: { registry: Registry; at: number } | null = null;
  private asking: Promise<Registry> | null = null;

  constructor(
    private readonly fleet: FleetService,
    private readonly own: PrometheusMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get contentType(): string {
    return this.own.registry.contentType;
  }

  /** Never rejects because of the database: that is when it is needed most. */
  async text(): Promise<string> {
    const database = await this.ofDatabase();
    return `${await this.own.registry.metrics()}\n${await database.metrics()}`;
  }

  private async ofDatabase(): Promise<Registry> {
    if (this.known && !hasPassed(FRESH_MS, this.known.at, this.now())) return this.known.registry;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    const patience = new AbortController();
    const outOfPatience = this.clock.sleep(PATIENCE_MS, patience.signal).then(
      () => fleetRegistry(null),
      // It answered in time.
      () => fleetRegistry(null),
    );
    try {
      return await Promise.race([this.asking, outOfPatience]);
    } finally {
      patience.abort();
    }
  }

  private async ask(): Promise<Registry> {
    const registry = await this.fleet.look(SAMPLE).then(fleetRegistry, (error: unknown) => {
      this.logger.warn({ msg: 'the database did not answer a scrape', err: error });
      return fleetRegistry(null);
    });
    this.known = { registry, at: this.now() };
    return registry;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
