import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { LengthRewrite } from './rows/length-rewrite.js';
import { FOLD_DELAY_MS, StatsFolder } from './statistics/stats-folder.js';

/** Between two looks at what other processes, or a crash, left to do. */
const SWEEP_MS = 60_000;

/** Work on the index that nobody waits for: what it has not finished is found again in the rows. */
@Injectable()
export class IndexMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Indexing');
  private readonly running = new Map<string, Promise<void>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly folder: StatsFolder,
    private readonly lengths: LengthRewrite,
    private readonly hnsw: HnswIndexes,
  ) {}

  onApplicationBootstrap(): void {
    void this.sweep();
    void this.buildIndexes();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await this.hnsw.stopBuilding();
    await Promise.all(this.running.values());
  }

  @Interval('fold-statistics', FOLD_DELAY_MS)
  fold(): Promise<void> {
    return this.once('fold', async () => {
      if (await this.folder.foldDue(this.stop.signal)) void this.rewriteLengths();
    });
  }

  @Interval('sweep-statistics', SWEEP_MS)
  sweep(): Promise<void> {
    return this.once('sweep', async () => {
      await this.folder.foldAll(this.stop.signal);
      void this.rewriteLengths();
    });
  }

  @Interval('build-indexes', SWEEP_MS)
  buildIndexes(): Promise<void> {
    return this.once('build', () => this.hnsw.buildMissing());
  }

  private rewriteLengths(): Promise<void> {
    return this.once('lengths', () => this.lengths.rewriteDrifted(this.stop.signal));
  }

  /** Leaves a tick out while the one before it still works; a failure waits for the next. */
  private async once(name: string, work: () => Promise<void>): Promise<void> {
    if (this.running.has(name) || this.stop.signal.aborted) return;
    const task = work()
      .catch((error: unknown) => {
        if (!this.stop.signal.aborted) this.logger.error(error);
      })
      .finally(() => this.running.delete(name));
    this.running.set(name, task);
    await task;
  }
}
