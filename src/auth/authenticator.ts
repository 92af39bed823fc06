import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, hasPassed, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity, Caller } from '../common/http/api-request.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { ApiKeysRepository, type KeyOwner } from './api-keys.repository.js';
import { hashApiKey, isSameKey } from './key-material.js';

/**
 * How long another process may go on accepting a key that was revoked or rotated. In the process
 * that did it, `forgetKeys` makes it take effect at once.
 */
const REMEMBERED_MS = 2000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  owner: Promise<KeyOwner | undefined>;
  at: number;
}

/** Tells who sent a request. */
@Injectable()
export class Authenticator {
  /**
   * Holds lookups, not results: one that is under way when `forgetKeys` runs serves only the
   * requests that were waiting for it, and a burst of requests makes one query.
   */
  private remembered = new Map<string, Remembered>();

  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param token what followed `Bearer` in the Authorization header
   * @throws AppError `unauthorized`, `key_revoked`, `key_expired`
   */
  async authenticate(token: string): Promise<Caller> {
    const operatorKey = this.config.operatorKey?.reveal();
    if (operatorKey !== undefined && isSameKey(token, operatorKey)) return { kind: 'operator' };
    const owner = await this.lookUp(hashApiKey(token));
    if (!owner) throw new AppError('unauthorized', 'This API key is not known.');
    if (owner.revokedAt) throw new AppError('key_revoked', 'This API key was revoked or rotated.');
    if (owner.expiresAt && owner.expiresAt <= this.clock.now()) {
      throw new AppError('key_expired', 'This API key has expired.');
    }
    return { kind: 'tenant', key: identityOf(owner) };
  }

  /** After every change to keys or tenants, once it is committed. */
  forgetKeys(): void {
    this.remembered = new Map();
  }

  private lookUp(hash: Buffer): Promise<KeyOwner | undefined> {
    const name = hash.toString('base64');
    const now = this.clock.now().getTime();
    const known = this.remembered.get(name);
    if (known && !hasPassed(REMEMBERED_MS, known.at, now)) return known.owner;
    if (this.remembered.size >= MAX_REMEMBERED) this.forgetKeys();
    const remembered = this.remembered;
    const owner = this.database.asSystem((tx) => this.keys.findOwner(tx, hash));
    remembered.set(name, { owner, at: now });
    // Only what was found is worth remembering: neither an unknown key nor a failed query.
    owner.then(
      (found) => found ?? remembered.delete(name),
      () => remembered.delete(name),
    );
    return owner;
  }
}

function identityOf(owner: KeyOwner): ApiKeyIdentity {
  const { id, tenant, tenantName, plan, name, scopes, collection } = owner;
  return { id, tenant, tenantName, plan, name, scopes, collection };
}
