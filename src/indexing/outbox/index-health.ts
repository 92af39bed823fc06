import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, hasPassed, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { redact } from '../../common/redact.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Metrics } from '../../metrics/metrics.js';

/** Longer than the pause of any loop before its next attempt, its time-out included. */
const REPEATED_WITHIN_MS = 30_000;

/** What the loops and the searches of this process last heard of Qdrant. */
export interface IndexHealthState {
  /** True as well before the first attempt, and where vectors are in PostgreSQL. */
  readonly reachable: boolean;
  /** Of the failing loop that failed last. */
  readonly error: string | null;
  /** Since when Qdrant has not answered. */
  readonly since: Date | null;
  /** When it last answered. */
  readonly lastOk: Date | null;
}

/**
 * Whether the index of this process answers. It may answer looks and fail writes (a full disk), so
 * it counts as down while the last word of any loop is a failure. Searches count as one.
 */
@Injectable()
export class IndexHealth {
  private readonly logger = new Logger('Indexing');
  /** When they last failed. */
  private readonly failing = new Map<string, Date>();
  /** Those that were answered since the outage began. */
  private readonly answeredSince = new Set<string>();
  /** Failing loops that have had nothing to do since; an answer to any other one absolves them. */
  private readonly idling = new Set<string>();
  private error: string | null = null;
  private since: Date | null = null;
  private lastOk: Date | null = null;

  constructor(
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get state(): IndexHealthState {
    const { error, since, lastOk } = this;
    return { reachable: since === null, error, since, lastOk };
  }

  /** Whether Qdrant may be expected to answer it: nothing has failed, or it was answered since. */
  mayAnswer(loop: string): boolean {
    return this.since === null || this.answeredSince.has(loop);
  }

  answered(loop: string): void {
    this.lastOk = this.clock.now();
    if (this.since !== null) this.answeredSince.add(loop);
    for (const one of [loop, ...this.idling, ...this.silent()]) this.failing.delete(one);
    this.idling.clear();
    if (this.failing.size > 0) return;
    this.metrics.indexTried(true);
    if (this.since === null) return;
    const since = this.since.toISOString();
    this.since = null;
    this.error = null;
    this.answeredSince.clear();
    this.logger.warn(`The vector index answers again; it did not since ${since}.`);
  }

  /** It did not need Qdrant, which tells nothing about it. */
  idle(loop: string): void {
    if (this.failing.has(loop)) this.idling.add(loop);
  }

  /** @returns whether the error is one of Qdrant's */
  failed(loop: string, error: unknown): boolean {
    if (!(error instanceof AppError) || error.code !== 'index_unavailable') return false;
    this.failing.set(loop, this.clock.now());
    this.answeredSince.delete(loop);
    this.idling.delete(loop);
    const { qdrantApiKey: key } = this.config;
    this.error = redact(error.message, key ? [key] : []);
    this.metrics.indexTried(false);
    if (this.since === null) {
      this.since = this.clock.now();
      this.logger.error(this.error);
    }
    return true;
  }

  /** Nobody may have searched since a search failed. */
  private silent(): string[] {
    const now = this.clock.now().getTime();
    return [...this.failing]
      .filter(([, at]) => hasPassed(REPEATED_WITHIN_MS, at.getTime(), now))
      .map(([loop]) => loop);
  }
}
