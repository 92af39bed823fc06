import type { Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';

export interface GateRequest {
  /** People wait for `interactive` work; `background` work lets it pass. Default: interactive. */
  priority?: 'interactive' | 'background';
  /** `bounded`: give up after 5 s. Default: bounded for interactive, unbounded for background. */
  wait?: 'bounded' | 'unbounded';
}

const WAIT_MS = 5_000;
/** Searches without end must not stop writing for ever. */
const INTERACTIVE_IN_A_ROW = 16;

interface Waiter {
  admit: () => void;
  refuse: (error: AppError) => void;
}

/** Hands out a fixed number of places, to interactive requests first. */
export class PriorityGate {
  private free: number;
  private inARow = 0;
  private closed = false;
  private drained?: () => void;
  private readonly waiting = { interactive: [] as Waiter[], background: [] as Waiter[] };

  constructor(
    private readonly places: number,
    private readonly clock: Clock,
  ) {
    this.free = places;
  }

  /**
   * Whether somebody may take a place who will wait for others there. They need places too, so
   * never where there is one only.
   */
  get hasRoomToWait(): boolean {
    return !this.closed && this.places > 1 && this.free > this.places / 2;
  }

  /**
   * Resolves with the function that gives the place back.
   * @throws AppError `database_busy` when a bounded wait takes over 5 s, `shutting_down` once the
   *   gate is closed.
   */
  async enter(request: GateRequest = {}): Promise<() => void> {
    const priority = request.priority ?? 'interactive';
    const wait = request.wait ?? (priority === 'interactive' ? 'bounded' : 'unbounded');
    if (this.closed) throw closedError();
    if (this.free > 0) this.free -= 1;
    else await this.queueUp(this.waiting[priority], wait);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.passOn();
    };
  }

  /** Refuses everyone who waits or comes later; resolves when the last one inside has left. */
  async close(): Promise<void> {
    this.closed = true;
    const waiters = [...this.waiting.interactive.splice(0), ...this.waiting.background.splice(0)];
    for (const waiter of waiters) waiter.refuse(closedError());
    if (this.free === this.places) return;
    await new Promise<void>((resolve) => (this.drained = resolve));
  }

  private queueUp(queue: Waiter[], wait: 'bounded' | 'unbounded'): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeout = new AbortController();
      const waiter: Waiter = {
        admit: () => {
          timeout.abort();
          resolve();
        },
        refuse: (error) => {
          timeout.abort();
          reject(error);
        },
      };
      queue.push(waiter);
      if (wait === 'unbounded') return;
      this.clock.sleep(WAIT_MS, timeout.signal).then(
        () => {
          const place = queue.indexOf(waiter);
          if (place === -1) return;
          queue.splice(place, 1);
          waiter.refuse(busyError());
        },
        // The wait ended before the time was up.
        () => undefined,
      );
    });
  }

  private passOn(): void {
    const { interactive, background } = this.waiting;
    const turnOfBackground = background.length > 0 && this.inARow >= INTERACTIVE_IN_A_ROW;
    const fromInteractive = interactive.length > 0 && !turnOfBackground;
    const next = fromInteractive ? interactive.shift() : background.shift();
    this.inARow = fromInteractive && background.length > 0 ? this.inARow + 1 : 0;
    if (next) return next.admit();
    this.free += 1;
    if (this.free === this.places) this.drained?.();
  }
}

function busyError(): AppError {
  return new AppError('database_busy', 'The database is busy with other requests.', {
    retryAfter: 1,
  });
}

function closedError(): AppError {
  return new AppError('shutting_down', 'The server is stopping.', { retryAfter: 5 });
}
