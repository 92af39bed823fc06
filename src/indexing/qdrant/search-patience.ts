import { hasPassed, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import type { IndexHealth } from '../outbox/index-health.js';

/** Under which searches count in the health of the index. */
const SEARCH = 'search';

export type SearchHealth = Pick<IndexHealth, 'mayAnswer' | 'answered' | 'failed'>;

/** In milliseconds. */
export interface Patience {
  /** Longer than any healthy answer; for a busy database nobody waits longer either. */
  readonly usual: number;
  /** While it is known that Qdrant does not answer. */
  readonly short: number;
  /** How often one search has the usual patience then: Qdrant may have become slow for good. */
  readonly probeEvery: number;
}

const PATIENCE: Patience = { usual: 5000, short: 1000, probeEvery: 10_000 };

/**
 * How long searches wait for Qdrant, and what that tells about it. One that hangs costs the first
 * of them the usual patience and each later one the short one, but for a probe now and then, until
 * one is answered.
 */
export class SearchPatience {
  /** Searches that Qdrant has answered. */
  private answers = 0;
  /** When a search with the usual patience last began. */
  private probedAt = 0;

  constructor(
    private readonly health: SearchHealth,
    private readonly clock: Clock,
    private readonly patience: Patience = PATIENCE,
  ) {}

  async ask<T>(search: (withinMs: number) => Promise<T>): Promise<T> {
    const before = this.answers;
    try {
      const answer = await search(this.within());
      this.heard();
      return answer;
    } catch (error) {
      const isAnswer = !(error instanceof AppError);
      if (isAnswer) this.heard();
      // Where others were answered meanwhile, this one alone took too long.
      else if (this.answers === before) this.health.failed(SEARCH, error);
      throw error;
    }
  }

  /** Milliseconds that a search may take which begins now. */
  private within(): number {
    const { usual, short, probeEvery } = this.patience;
    const now = this.clock.now().getTime();
    if (!this.health.mayAnswer(SEARCH) && !hasPassed(probeEvery, this.probedAt, now)) return short;
    this.probedAt = now;
    return usual;
  }

  private heard(): void {
    this.answers += 1;
    this.health.answered(SEARCH);
  }
}
