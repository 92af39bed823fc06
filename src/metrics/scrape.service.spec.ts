import type { Fleet, FleetService } from '../admin/fleet.service.js';
import { SystemClock } from '../common/clock.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { ScrapeService } from './scrape.service.js';

const HOUR_MS = 3_600_000;

class SetClock extends SystemClock {
  time = Date.now();

  override now(): Date {
    return new Date(this.time);
  }
}

describe('ScrapeService', () => {
  const build = { version: '0', role: 'api', database: 'server', index: 'qdrant' };

  it('asks the database again after the clock was set back', async () => {
    const clock = new SetClock();
    let looks = 0;
    const look = (): Promise<Fleet> => Promise.reject(new Error(`look ${++looks}`));
    const fleet = { look } as unknown as FleetService;
    const scrapes = new ScrapeService(fleet, new PrometheusMetrics(build), clock);
    await scrapes.text();
    await scrapes.text();
    expect(looks).toBe(1);
    clock.time -= 2 * HOUR_MS;
    await scrapes.text();
    expect(looks).toBe(2);
  });
});
