import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HnswIndexes } from './pgvector/hnsw-indexes.js';
import { LengthRewrite } from './pgvector/length-rewrite.js';
import { FOLD_DELAY_MS, StatsFolder } from './statistics/stats-folder.js';

/** Between two looks at what other processes, or a crash, left to do. */
const SWEEP_MS = 60_000;

/** Work on the index that nobody waits for: what it has not finished is found again in the rows. */
@Injectable()
export class IndexMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Indexing');
  private readonly running = new Map<string, Promise<void>>();
  private stopping = false;

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
    this.stopping = true;
    await this.hnsw.stopBuilding();
    await Promise.all(this.running.values());
  }

  @Interval('fold-statistics', FOLD_DELAY_MS)
  fold(): Promise<void> {
    return this.once('fold', () => this.folder.foldDue());
  }

  @Interval('sweep-statistics', SWEEP_MS)
  sweep(): Promise<void> {
    return this.once('sweep', async () => {
      await this.folder.foldAll();
      await this.lengths.rewriteDrifted();
    });
  }

  @Interval('build-indexes', SWEEP_MS)
  buildIndexes(): Promise<void> {
    return this.once('build', () => this.hnsw.buildMissing());
  }

  /** Leaves a tick out while the one before it still works; a failure waits for the next. */
  private async once(name: string, work: () => Promise<void>): Promise<void> {
    if (this.running.has(name) || this.stopping) return;
    const task = work()
      .catch((error: unknown) => {
        if (!this.stopping) this.logger.error(error);
      })
      .finally(() => this.running.delete(name));
    this.running.set(name, task);
    await task;
  }
}
