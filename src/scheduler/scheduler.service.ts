import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { logFailure } from '../common/errors/log-failure.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { CONFIG, type Config } from '../config/config.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { RunsService } from '../runs/runs.service.js';
import { nextRunAt } from './next-run.js';
import { SchedulerRepository, type DueConnection } from './scheduler.repository.js';

const TICK_MS = 1_000;
const PURGE_MS = 60_000;
const BATCH = 100;

/** The ticker. Who is due is decided in SQL, so any number of processes may tick. */
@Injectable()
export class SchedulerService {
  private readonly logger = new Logger('Scheduler');
  private readonly busy = new Set<string>();

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: SchedulerRepository,
    private readonly runs: RunsService,
    private readonly documents: DocumentLifecycle,
    private readonly lifecycle: Lifecycle,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Interval(TICK_MS)
  queueDueConnections(): Promise<void> {
    return this.once('schedule', async () => {
      const queued = await this.database.asSystem(async (tx) => {
        const due = await this.repository.lockDue(tx, BATCH);
        const next: { id: string; at: Date }[] = [];
        for (const connection of due) {
          const { id, tenant, provider } = connection;
          const at = this.nextOf(connection);
          if (!(at instanceof Date)) {
            await this.repository.stop(tx, id, at.reason);
            continue;
          }
          next.push({ id, at });
          await this.runs.enqueue(tx, tenant, { connection: id, provider, trigger: 'schedule' });
        }
        await this.repository.setNext(tx, next);
        return next.length;
      });
      if (queued > 0) this.runs.wakeWorkers();
    });
  }

  @Interval(PURGE_MS)
  purgeHiddenDocuments(): Promise<void> {
    return this.once('purge', async () => {
      // Nobody waits for it: what is hidden is out of every search already.
      for (let purged = 1; purged > 0;) {
        const room = await this.index.waitAsMaintenance(this.lifecycle.stopping);
        purged = await this.documents.purge(room);
      }
    });
  }

  private nextOf({ id, schedule, now, due }: DueConnection): Date | { reason: string } {
    try {
      return nextRunAt(schedule, { connection: id, now, due });
    } catch (error) {
      return { reason: `The schedule cannot be read: ${(error as Error).message}` };
    }
  }

  /** A slow tick is not overtaken by the next one; its failure is logged and tried again. */
  private async once(name: string, work: () => Promise<void>): Promise<void> {
    if (this.config.role === 'api' || this.busy.has(name)) return;
    this.busy.add(name);
    try {
      await work();
    } catch (error) {
      logFailure(this.logger, `${name} failed`, error);
    } finally {
      this.busy.delete(name);
    }
  }
}
