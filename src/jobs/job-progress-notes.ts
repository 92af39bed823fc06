import type { Clock } from '../common/clock.js';
import type { JobProgress, TellHow } from './job-handlers.js';

type Progress = Record<string, unknown>;

const TELL_MS = 1000;

/** The progress of one attempt, written at most once a second. */
export class JobProgressNotes implements JobProgress {
  private next = 0;
  private ahead = false;

  /**
   * @param note writes it and whether the attempt got ahead; answers false when the job is no
   *   longer the caller's
   */
  constructor(
    readonly job: string,
    readonly last: Progress | null,
    private readonly clock: Clock,
    private readonly note: (progress: Progress, isAhead: boolean) => Promise<boolean>,
    private readonly lost: AbortController,
  ) {}

  /** Whether this attempt got further than the ones before it. */
  get isAhead(): boolean {
    return this.ahead;
  }

  async tell(progress: Progress, how: TellHow = {}): Promise<void> {
    const now = this.clock.now().getTime();
    this.ahead ||= how.ahead ?? false;
    if (now < this.next && !how.now) return;
    this.next = now + TELL_MS;
    if (await this.note(progress, this.ahead)) return;
    this.lost.abort(new Error(`job ${this.job} was cancelled or taken over`));
    this.lost.signal.throwIfAborted();
  }
}
