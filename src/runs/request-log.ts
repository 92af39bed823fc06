/** So many of a run's newest calls are kept. */
export const KEPT_REQUESTS = 1000;
/** How long calls stay in memory only; a crash loses them from the log, not from the counts. */
const WRITE_EVERY_MS = 5000;

/** One attempt at a call, already without secrets. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  readonly target: string | null;
  readonly outcome: 'ok' | 'rate_limited' | 'transient' | 'fatal' | 'aborted';
  readonly status: number | null;
  readonly error: string | null;
  readonly attempt: number;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly retryAfterSeconds: number | null;
}

/** Requests to write, oldest first. */
export interface RequestBatch {
  readonly requests: readonly LoggedRequest[];
  /** How many older ones came since the last batch and are not in this one. */
  readonly dropped: number;
}

/** The log of one run in memory, on its way to the database. */
export class RequestLog {
  #requests: LoggedRequest[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #writtenAt: number;

  /** @param write stores a batch; when it fails, the next batch has the same requests again */
  constructor(
    private readonly write: (batch: RequestBatch) => Promise<void>,
    private readonly now: () => Date,
  ) {
    this.#writtenAt = now().getTime();
  }

  add(request: LoggedRequest): void {
    this.#requests.push(request);
    // Shifting an array of a thousand for every call would cost more than the call's line is worth.
    if (this.#requests.length >= 2 * KEPT_REQUESTS) this.dropOld();
    const isDue = this.now().getTime() - this.#writtenAt >= WRITE_EVERY_MS;
    // A failed write is tried again with the next one; the last one tells of it.
    if (isDue && !this.#writing) void this.flush().catch(() => undefined);
  }

  /** Writes what is there; rejects when it cannot be written. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing.catch(() => undefined);
    if (this.#requests.length === 0) return;
    this.#writing = this.writeBatch().finally(() => (this.#writing = undefined));
    await this.#writing;
  }

  private async writeBatch(): Promise<void> {
    this.dropOld();
    const batch = { requests: this.#requests, dropped: this.#dropped };
    this.#requests = [];
    this.#dropped = 0;
    this.#writtenAt = this.now().getTime();
    try {
      await this.write(batch);
    } catch (error) {
      this.#requests = [...batch.requests, ...this.#requests];
      this.#dropped += batch.dropped;
      throw error;
    }
  }

  private dropOld(): void {
    const many = this.#requests.length - KEPT_REQUESTS;
    if (many <= 0) return;
    this.#requests = this.#requests.slice(many);
    this.#dropped += many;
  }
}
