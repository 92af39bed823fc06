import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { Metrics } from '../../metrics/metrics.js';
import { RequestLogService } from '../../runs/request-log.service.js';
import { LeaseLost, RunQueue, type ClaimedRun } from '../../runs/run-queue.js';
import { judgeError } from '../engine/error-policy.js';
import { RunStopped, type StopReason } from '../engine/run-stopped.js';
import { SyncEngine } from '../engine/sync-engine.js';
import { SyncRunFactory } from '../engine/sync-run.factory.js';
import type { SyncRun } from '../engine/sync-run.js';
import { TimeSlice } from '../engine/time-slice.js';
import { Heartbeat } from './heartbeat.js';

/** Works on one claimed run and settles what becomes of it and of its connection. */
@Injectable()
export class RunExecutor {
  private readonly logger = new Logger('Sync');

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly queue: RunQueue,
    private readonly engine: SyncEngine,
    private readonly factory: SyncRunFactory,
    private readonly connections: ConnectionsService,
    private readonly requests: RequestLogService,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Never rejects: whatever happens becomes the run's state. */
  async execute(run: ClaimedRun, drain: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const onDrain = (): void => stop.abort(new RunStopped('drained'));
    if (drain.aborted) onDrain();
    drain.addEventListener('abort', onDrain, { once: true });
    const heartbeat = new Heartbeat(this.queue, run, stop, {
      warn: (fields) => this.logger.warn(fields),
    });
    let sync: SyncRun | undefined;
    try {
      heartbeat.start();
      const slice = new TimeSlice(this.queue, run);
      sync = await this.factory.create(run, stop.signal);
      sync.limitTo(slice);
      const state = await this.engine.execute(sync);
      await this.finish(run, sync, state);
    } catch (error) {
      await this.settle(run, sync, stop.signal.aborted ? stop.signal.reason : error);
    } finally {
      await heartbeat.stop();
      drain.removeEventListener('abort', onDrain);
    }
  }

  private async finish(
    run: ClaimedRun,
    sync: SyncRun,
    state: 'success' | 'partial',
  ): Promise<void> {
    await this.requests.close(run);
    await this.database.inTenant(run.tenant_id, async (tx) => {
      await this.report(tx, run, sync);
      await this.queue.release(tx, run, state, { attemptOutcome: state });
      await this.connections.runEnded(tx, run.tenant_id, run.connection_id, { ok: true });
    });
    this.metrics.attemptEnded(run.provider, state);
    const { counts } = sync;
    this.logger.log({ msg: 'run ended', run: run.id, state, counts });
  }

  private async settle(run: ClaimedRun, sync: SyncRun | undefined, error: unknown): Promise<void> {
    try {
      if (
        error instanceof LeaseLost ||
        (error instanceof RunStopped && error.why === 'lease_lost')
      ) {
        this.requests.drop(run);
        this.metrics.attemptEnded(run.provider, 'lease_lost');
        return this.logger.warn(leaseLost(run, error));
      }
      await this.requests.close(run);
      if (error instanceof RunStopped) return await this.stopped(run, sync, error.why);
      await this.failed(run, sync, error);
    } catch (failure) {
      // The lease runs out and the reaper gives the run to another worker.
      this.logger.error({ msg: 'could not settle a run', run: run.id, error: failure });
    }
  }

  private async stopped(
    run: ClaimedRun,
    sync: SyncRun | undefined,
    why: StopReason,
  ): Promise<void> {
    const to = why === 'cancelled' ? 'cancelled' : 'queued';
    const toTheEnd = why === 'yielded';
    const attemptOutcome = why === 'drained' ? 'interrupted' : why;
    await this.database.inTenant(run.tenant_id, async (tx) => {
      await this.report(tx, run, sync);
      await this.queue.release(tx, run, to, { attemptOutcome, toTheEnd });
    });
    this.metrics.attemptEnded(run.provider, attemptOutcome);
    const fields = { msg: 'run stopped', run: run.id, why };
    if (why === 'yielded') this.logger.debug(fields);
    else this.logger.log(fields);
  }

  private async failed(run: ClaimedRun, sync: SyncRun | undefined, error: unknown): Promise<void> {
    const verdict = await this.database.inTenant(run.tenant_id, async (tx) => {
      const attempt = Math.max(1, await this.queue.attemptsWithoutProgress(tx, run));
      const verdict = judgeError(error, this.clock.now(), attempt);
      await this.report(tx, run, sync);
      if (verdict.kind === 'park') {
        const { waiting, error: detail } = verdict;
        await this.queue.release(tx, run, 'waiting', {
          waiting,
          error: detail,
          attemptOutcome: 'parked',
        });
        return verdict;
      }
      await this.queue.release(tx, run, 'error', { error: verdict.error, attemptOutcome: 'error' });
      await this.connections.runEnded(tx, run.tenant_id, run.connection_id, {
        ok: false,
        verdict: verdict.connection,
        reason: verdict.error.message,
      });
      return verdict;
    });
    this.metrics.attemptEnded(run.provider, verdict.kind === 'park' ? 'parked' : 'error');
    this.logger.warn({ msg: `run ${verdict.kind}ed`, run: run.id, error });
  }

  private async report(
    tx: Parameters<RunQueue['report']>[0],
    run: ClaimedRun,
    sync: SyncRun | undefined,
  ): Promise<void> {
    if (!sync) return;
    const { counts, timings, progress } = sync;
    await this.queue.report(tx, run, { counts, timings, progress });
  }
}

/** A lease is taken away, or runs out because this worker could not renew it. */
function leaseLost(run: ClaimedRun, error: LeaseLost | RunStopped): object {
  const cause = error instanceof RunStopped ? error.cause : error;
  return cause instanceof LeaseLost
    ? { msg: 'lease lost; another worker has the run', run: run.id }
    : { msg: 'lease ran out; it could not be renewed', run: run.id, error: cause };
}
