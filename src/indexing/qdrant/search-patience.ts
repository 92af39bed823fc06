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
}

/**
 * How long searches wait for Qdrant, and what that tells about it. One that hangs costs the first
 * of them the usual patience and each later one the short one, until one is answered.
 */
export class SearchPatience {
  /** Searches that Qdrant has answered. */
  private answers = 0;

  constructor(
    private readonly health: SearchHealth,
    private readonly patience: Patience = { usual: 5000, short: 1000 },
  ) {}

  async ask<T>(search: (withinMs: number) => Promise<T>): Promise<T> {
    const { usual, short } = this.patience;
    const before = this.answers;
    try {
      const answer = await search(this.health.mayAnswer(SEARCH) ? usual : short);
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

  private heard(): void {
    this.answers += 1;
    this.health.answered(SEARCH);
  }
}
