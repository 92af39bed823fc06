import { hostname } from 'node:os';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { logFailure } from '../../common/errors/log-failure.js';
import { IDS, type Ids } from '../../common/ids.js';
import { CONFIG, type Config } from '../../config/config.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { RunQueue } from '../../runs/run-queue.js';
import { RunWakeup } from '../../runs/run-wakeup.js';
import { RunExecutor } from './run-executor.js';
import { RunReaper } from './run-reaper.js';

const POLL_MS = 1000;

/** Claims runs as long as this process has free slots; drains gracefully when it stops. */
@Injectable()
export class SyncWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private readonly drain = new AbortController();
  private readonly active = new Set<Promise<void>>();
  private readonly owner: string;
  private loop?: Promise<void>;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(IDS) private readonly ids: Ids,
    private readonly database: BackgroundDatabase,
    private readonly queue: RunQueue,
    private readonly reaper: RunReaper,
    private readonly executor: RunExecutor,
    private readonly wakeup: RunWakeup,
  ) {
    this.owner = `${hostname()}:${process.pid}:${ids.next().slice(0, 8)}`;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.role === 'api') return;
    if (this.database.mode === 'embedded') await this.reaper.reapAll();
    this.loop = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.drain.abort();
    await this.loop;
    await Promise.all(this.active);
  }

  private async work(): Promise<void> {
    const { signal } = this.drain;
    while (!signal.aborted) {
      if (this.active.size >= this.config.workerSlots) {
        await Promise.race(this.active);
        continue;
      }
      if (!(await this.startNext())) await this.wakeup.wait(POLL_MS, signal);
    }
  }

  private async startNext(): Promise<boolean> {
    const token = this.ids.next();
    const letGo = this.reaper.spare(token);
    try {
      const run = await this.queue.claim(this.owner, token);
      if (!run) {
        letGo();
        return false;
      }
      const work = this.executor.execute(run, this.drain.signal).finally(() => {
        letGo();
        this.active.delete(work);
        this.wakeup.notify();
      });
      this.active.add(work);
      return true;
    } catch (error) {
      letGo();
      logFailure(this.logger, 'could not claim a run', error);
      return false;
    }
  }
}
