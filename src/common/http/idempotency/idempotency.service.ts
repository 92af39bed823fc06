import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../../../database/database.js';
import { CLOCK, hasPassed, type Clock } from '../../clock.js';
import { AppError } from '../../errors/app-error.js';
import type { StoredAnswer } from './idempotency-key.entity.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const KEPT_MS = 24 * 3600_000;
const LOCK_MS = 30_000;
const SWEEP_EVERY_MS = 3600_000;

export interface Replay {
  status: number;
  body: unknown;
}

/** Makes a write happen once per tenant and Idempotency-Key within 24 hours. */
@Injectable()
export class IdempotencyService implements OnApplicationBootstrap {
  /** A request that still runs renews its lock this often. */
  readonly renewEveryMs = LOCK_MS / 3;
  private readonly lastSweep = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly keys: IdempotencyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** In embedded mode there is one process, so whatever is locked at its start was left by a crash. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.database.mode !== 'embedded') return;
    await this.database.asSystem((tx) => this.keys.unlockAll(tx));
  }

  /**
   * @returns the answer of the first time, or undefined: the caller owns the key and must `store`
   *   or `release` it.
   * @throws AppError `idempotency_mismatch`, `idempotency_in_progress`,
   *   `idempotency_not_replayable`
   */
  begin(tenant: string, key: string, fingerprint: Buffer): Promise<Replay | undefined> {
    const now = this.clock.now();
    return this.database.inTenant(tenant, async (tx) => {
      if (this.isSweepDue(tenant, now)) await this.keys.deleteExpired(tx, tenant, now);
      const claim = {
        key,
        fingerprint,
        now,
        lockedUntil: new Date(now.getTime() + LOCK_MS),
        expiresAt: new Date(now.getTime() + KEPT_MS),
      };
      if (await this.keys.claim(tx, tenant, claim)) return undefined;
      const held = await this.keys.find(tx, tenant, key);
      if (held && !held.fingerprint.equals(fingerprint)) {
        throw new AppError(
          'idempotency_mismatch',
          'This Idempotency-Key was used with another request; use a new key for a new request.',
        );
      }
      if (!held || held.status === null || held.response === null) {
        throw new AppError(
          'idempotency_in_progress',
          'A request with this Idempotency-Key is still running.',
          { retryAfter: 1 },
        );
      }
      return replay(held.status, held.response);
    });
  }

  renew(tenant: string, key: string): Promise<void> {
    const until = new Date(this.clock.now().getTime() + LOCK_MS);
    return this.database.inTenant(tenant, (tx) => this.keys.renew(tx, tenant, key, until));
  }

  store(tenant: string, key: string, status: number, answer: StoredAnswer): Promise<void> {
    return this.database.inTenant(tenant, (tx) => this.keys.store(tx, tenant, key, status, answer));
  }

  release(tenant: string, key: string): Promise<void> {
    return this.database.inTenant(tenant, (tx) => this.keys.release(tx, tenant, key));
  }

  private isSweepDue(tenant: string, now: Date): boolean {
    const last = this.lastSweep.get(tenant);
    if (last !== undefined && !hasPassed(SWEEP_EVERY_MS, last, now.getTime())) return false;
    this.lastSweep.set(tenant, now.getTime());
    return true;
  }
}

function replay(status: number, answer: StoredAnswer): Replay {
  if ('secret' in answer) {
    throw new AppError(
      'idempotency_not_replayable',
      'This request was done before, and its answer held a secret that is shown only once.',
    );
  }
  return { status, body: answer.body };
}
