import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CONFIG, type Config } from '../../config/config.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { RunQueue } from '../../runs/run-queue.js';
import type { ReapedRun } from '../../runs/run-reaping.js';
import { RunWakeup } from '../../runs/run-wakeup.js';

const REAP_MS = 1000;

/** Takes the runs of dead workers back; any number of processes may do so at once. */
@Injectable()
export class RunReaper {
  private readonly logger = new Logger('Reaper');
  private busy = false;
  private lastTick = performance.now();
  private isLate = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: BackgroundDatabase,
    private readonly queue: RunQueue,
    private readonly connections: ConnectionsService,
    private readonly wakeup: RunWakeup,
  ) {}

  @Interval(REAP_MS)
  async tick(): Promise<void> {
    if (this.config.role === 'api' || this.busy || this.lateForTheFirstTime()) return;
    this.busy = true;
    try {
      await this.reap();
    } catch (error) {
      this.logger.error({ msg: 'could not look for dead workers', error });
    } finally {
      this.busy = false;
    }
  }

  /** Runs whose lease has run out. */
  reap(): Promise<void> {
    return this.settle('reap');
  }

  /** Every running one: for the start of a process that is alone with its database. */
  reapAll(): Promise<void> {
    return this.settle('reapAll');
  }

  /**
   * Where this process has stood still, so have the heartbeats of its own runs. They are as late
   * as this tick and go first; the next one takes what they have not renewed.
   */
  private lateForTheFirstTime(): boolean {
    const now = performance.now();
    const isLate = now - this.lastTick > 2 * REAP_MS;
    const wasLate = this.isLate;
    this.lastTick = now;
    this.isLate = isLate && !wasLate;
    return this.isLate;
  }

  private async settle(which: 'reap' | 'reapAll'): Promise<void> {
    const reaped = await this.database.asSystem(async (tx) => {
      const runs = await this.queue[which](tx);
      for (const { tenant, connection, error } of runs)
        if (error)
          await this.connections.runEnded(tx, tenant, connection, {
            ok: false,
            verdict: 'count',
            reason: error.message,
          });
      return runs;
    });
    for (const run of reaped) this.log(run);
    if (reaped.length > 0) this.wakeup.notify();
  }

  private log({ id, to }: ReapedRun): void {
    this.logger.warn({ msg: 'the worker of a run is gone', run: id, to });
  }
}
