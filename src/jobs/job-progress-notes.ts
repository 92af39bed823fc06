import type { Clock } from '../common/clock.js';
import type { JobProgress } from './job-handlers.js';

type Progress = Record<string, unknown>;

const TELL_MS = 1000;

/** The progress of one attempt, written at most once a second. */
export class JobProgressNotes implements JobProgress {
  private next = 0;

  /** @param note writes it, and answers false when the job is no longer the caller's */
  constructor(
    readonly job: string,
    readonly last: Progress | null,
    private readonly clock: Clock,
    private readonly note: (progress: Progress) => Promise<boolean>,
    private readonly lost: AbortController,
  ) {}

  async tell(progress: Progress, force = false): Promise<void> {
    const now = this.clock.now().getTime();
    if (now < this.next && !force) return;
    this.next = now + TELL_MS;
    if (await this.note(progress)) return;
    this.lost.abort(new Error(`job ${this.job} was cancelled or taken over`));
    this.lost.signal.throwIfAborted();
  }
}
