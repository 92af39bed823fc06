import type { Clock } from '../common/clock.js';
import type { JobProgress, TellHow } from '../jobs/job-handlers.js';
import type { PageEnd } from '../remember/stored/stored-memory.js';
import type { ReindexProgress } from './reindex.schema.js';

/** Counts what a reindex has done and shows it on its job. */
export class ReindexMeter {
  /** Of a change of model: how often it looked whether it can swap. */
  round = 0;
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

  /** @param from where it goes on; it stays the place until a page is done */
  begin(
    phase: ReindexProgress['phase'],
    total: number,
    from: Pick<ReindexProgress, 'done' | 'after'> = { done: 0, after: null },
  ): Promise<void> {
    this.phase = phase;
    this.total = total;
    this.done = from.done;
    this.doneAtStart = from.done;
    this.waiting = null;
    this.after = from.after;
    this.startedAt = this.clock.now().getTime();
    return this.tell({ now: true });
  }

  /** Counts what an attempt before this one did. */
  pass(count: number): Promise<void> {
    return this.count(count, null, {});
  }

  /** @param after where a later attempt can go on, when it can */
  advance(count: number, after: PageEnd | null = null): Promise<void> {
    return this.count(count, after, { ahead: true });
  }

  /** @param what null: for nothing any more */
  waitFor(what: string | null): Promise<void> {
    this.waiting = what;
    return this.tell({ now: true });
  }

  private count(count: number, after: PageEnd | null, how: TellHow): Promise<void> {
    this.done += count;
    this.total = Math.max(this.total, this.done);
    this.waiting = null;
    this.after = after;
    return this.tell(how);
  }

  private tell(how: TellHow): Promise<void> {
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
      round: this.round,
    };
    return this.progress.tell(shown, how);
  }
}
