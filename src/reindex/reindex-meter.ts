import type { Clock } from '../common/clock.js';
import type { JobProgress } from '../jobs/job-handlers.js';
import type { PageEnd } from '../remember/stored/stored-memory.js';
import type { ReindexProgress } from './reindex.schema.js';

/** Counts what a reindex has done and shows it on its job. */
export class ReindexMeter {
  private phase: ReindexProgress['phase'] = 'embedding';
  private done = 0;
  private total = 0;
  private waiting: string | null = null;
  private after: PageEnd | null = null;
  private startedAt = 0;
  private doneAtStart = 0;

  constructor(
    private readonly progress: JobProgress,
    private readonly clock: Clock,
  ) {}

  begin(phase: ReindexProgress['phase'], total: number, done = 0): Promise<void> {
    this.phase = phase;
    this.total = total;
    this.done = done;
    this.doneAtStart = done;
    this.waiting = null;
    this.after = null;
    this.startedAt = this.clock.now().getTime();
    return this.tell(true);
  }

  /** @param after where a later attempt can go on, when it can */
  advance(count: number, after: PageEnd | null = null): Promise<void> {
    this.done += count;
    this.total = Math.max(this.total, this.done);
    this.waiting = null;
    this.after = after;
    return this.tell(false);
  }

  /** @param what null: for nothing any more */
  waitFor(what: string | null): Promise<void> {
    this.waiting = what;
    return this.tell(true);
  }

  private tell(force: boolean): Promise<void> {
    const seconds = (this.clock.now().getTime() - this.startedAt) / 1000;
    const rate = seconds > 0 ? (this.done - this.doneAtStart) / seconds : 0;
    const shown: ReindexProgress = {
      phase: this.phase,
      done: this.done,
      total: this.total,
      rate: Math.round(rate * 10) / 10,
      eta_seconds: rate > 0 ? Math.ceil((this.total - this.done) / rate) : null,
      waiting: this.waiting,
      after: this.after,
    };
    return this.progress.tell(shown, force);
  }
}
