import { Inject, Injectable } from '@nestjs/common';
import {
  afterRefusal,
  afterTold,
  blockedFor,
  forgotten,
  isLimited,
  readingOf,
  type BudgetState,
} from '../../../connectors/sdk/budget-state.js';
import type {
  BudgetReading,
  Pacing,
  RateBudgets,
  Take,
} from '../../../connectors/sdk/rate-budgets.js';
import { RecentCallCounter } from '../../../connectors/sdk/recent-calls.js';
import { CLOCK, type Clock } from '../../common/clock.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { RateBudgetsRepository, type BudgetKey } from './rate-budgets.repository.js';

/**
 * How long this process goes by its own knowledge that a method has no limit, so that most calls
 * of a source without limits cost nothing. Another process may call so long into the first
 * Retry-After that this account ever gets.
 */
const FREE_MS = 250;
/** A connector may tell the same limit with every page. */
const TOLD_MS = 60_000;
/** Methods remembered in memory; the ones known longest go first. */
const MAX_KNOWN = 10_000;

/** What this process knows of a method without asking. */
interface Known {
  readonly recent: RecentCallCounter;
  freeUntil: number;
  blockedUntil: number;
  /** A look at the database that is under way. */
  asking: Promise<unknown> | null;
  /** What was told last by this process, and until when telling it again is known to be idle. */
  told: { readonly perMinute: number | null; readonly until: number } | null;
}

/** Budgets in the database, shared by runs and probes of all processes. */
@Injectable()
export class RateBudgetsService {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: RateBudgetsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param scope whose budgets: everybody who calls with the same one shares them */
  of(scope: string, pacing: Pacing): RateBudgets {
    return {
      take: (method) => this.take({ scope, method }, pacing),
      refused: (method, seconds) => this.refused({ scope, method }, pacing, seconds),
      block: (method, seconds) => this.block({ scope, method }, seconds),
      limit: (method, callsPerMinute) => this.limit({ scope, method }, pacing, callsPerMinute),
      read: (method) => this.read({ scope, method }, pacing),
    };
  }

  /** The calls under both scopes were calls of the same account. */
  async adopt(from: string, to: string): Promise<void> {
    await this.database.asSystem((tx) => this.repository.adopt(tx, from, to));
    for (const [key, known] of this.#known) if (key.startsWith(`${to}\n`)) known.freeUntil = 0;
  }

  private async take(key: BudgetKey, pacing: Pacing): Promise<Take> {
    const known = this.known(key);
    const before = this.now();
    if (known.blockedUntil > before)
      return { granted: false, waitSeconds: (known.blockedUntil - before) / 1000 };
    if (pacing.perSecond === null) {
      if (known.freeUntil > before) return this.taken(known);
      // One of many at once asks for all of them: mostly the answer is that there is no limit.
      if (known.asking) {
        await known.asking.catch(() => undefined);
        if (known.freeUntil > this.now()) return this.taken(known);
      }
    }
    const wait = await this.ask(key, pacing, known);
    if (wait !== null && wait > 0) return { granted: false, waitSeconds: wait };
    // A refusal may have come while the database was asked.
    const now = this.now();
    if (known.blockedUntil > now)
      return { granted: false, waitSeconds: (known.blockedUntil - now) / 1000 };
    if (wait === null) known.freeUntil = now + FREE_MS;
    return this.taken(known);
  }

  private async ask(key: BudgetKey, pacing: Pacing, known: Known): Promise<number | null> {
    const answer = this.database.asSystem((tx) => this.repository.take(tx, key, pacing));
    known.asking = answer;
    try {
      return await answer;
    } finally {
      if (known.asking === answer) known.asking = null;
    }
  }

  private taken(known: Known): Take {
    known.recent.add(this.now() / 1000);
    return { granted: true };
  }

  private async refused(
    key: BudgetKey,
    pacing: Pacing,
    retryAfterSeconds: number | null,
  ): Promise<number> {
    const known = this.known(key);
    const recent = known.recent.read(this.now() / 1000);
    this.blockHere(known, retryAfterSeconds ?? 1);
    const state = await this.change(key, (before, now) =>
      afterRefusal(before, now, pacing, { retryAfterSeconds, recent }),
    );
    const seconds = state.blockedUntil! - state.now;
    this.blockHere(known, seconds);
    return seconds;
  }

  private async block(key: BudgetKey, seconds: number): Promise<void> {
    this.blockHere(this.known(key), seconds);
    await this.change(key, (state, now) => blockedFor(state, now, seconds));
  }

  private async limit(key: BudgetKey, pacing: Pacing, perMinute: number | null): Promise<void> {
    const known = this.known(key);
    if (known.told && known.told.perMinute === perMinute && known.told.until > this.now()) return;
    await this.change(key, (state, now) =>
      perMinute === null ? forgotten(state, now, pacing) : afterTold(state, now, perMinute),
    );
    known.freeUntil = 0;
    known.told = { perMinute, until: this.now() + TOLD_MS };
  }

  private async read(key: BudgetKey, pacing: Pacing): Promise<BudgetReading | null> {
    const found = await this.database.asSystem((tx) => this.repository.find(tx, key));
    if (!found || !isLimited(found, found.now, pacing)) return null;
    return readingOf(found, found.now, pacing);
  }

  private change(
    key: BudgetKey,
    change: (state: BudgetState, now: number) => BudgetState,
  ): Promise<BudgetState & { readonly now: number }> {
    return this.database.asSystem((tx) => this.repository.change(tx, key, change));
  }

  private blockHere(known: Known, seconds: number): void {
    known.freeUntil = 0;
    known.blockedUntil = Math.max(known.blockedUntil, this.now() + seconds * 1000);
  }

  private known({ scope, method }: BudgetKey): Known {
    const key = `${scope}\n${method}`;
    const found = this.#known.get(key);
    if (found) return found;
    const fresh: Known = {
      recent: new RecentCallCounter(),
      freeUntil: 0,
      blockedUntil: 0,
      asking: null,
      told: null,
    };
    this.#known.set(key, fresh);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    return fresh;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
