import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { EntityManager } from 'typeorm';
import { logFailure } from '../../common/errors/log-failure.js';
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
  /** Lease tokens with which this process claims or works. */
  private readonly own = new Set<string>();
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
      logFailure(this.logger, 'could not look for dead workers', error);
    } finally {
      this.busy = false;
    }
  }

  /**
   * Keeps hands off a run of this process: one that was busy, or whose database was, beats late,
   * but lives. Its late beat renews the lease, unless another process has taken the run meanwhile;
   * then the lease token keeps this one from writing.
   * @param token known before the claim, which may be answered late, too
   * @returns what to call once the work on the run has ended
   */
  spare(token: string): () => void {
    this.own.add(token);
    return () => void this.own.delete(token);
  }

  /** Runs whose lease has run out. */
  reap(): Promise<void> {
    return this.settle((tx) => this.queue.reap(tx, [...this.own]));
  }

  /** Every running one: for the start of a process that is alone with its database. */
  reapAll(): Promise<void> {
    return this.settle((tx) => this.queue.reapAll(tx));
  }

  /**
   * Where this process has stood still, so may have the whole machine, with the workers of other
   * processes. Their heartbeats are as late as this tick and go first; the next one takes what
   * they have not renewed.
   */
  private lateForTheFirstTime(): boolean {
    const now = performance.now();
    const isLate = now - this.lastTick > 2 * REAP_MS;
    const wasLate = this.isLate;
    this.lastTick = now;
    this.isLate = isLate && !wasLate;
    return this.isLate;
  }

  private async settle(reap: (tx: EntityManager) => Promise<ReapedRun[]>): Promise<void> {
    const reaped = await this.database.asSystem(async (tx) => {
      const runs = await reap(tx);
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
