import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity, Scope } from '../common/http/api-request.js';
import { Instant } from '../common/http/id.schema.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { validationFailed } from '../common/http/validation-failed.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import type {
  ApiKeyAnswer,
  CreateApiKeyBody,
  CreatedApiKey,
  ListApiKeysQuery,
} from './api-keys.schema.js';
import { AuditService } from './audit.service.js';
import { Authenticator } from './authenticator.js';
import { hashApiKey, newApiKey, prefixOf } from './key-material.js';

const DAY_MS = 24 * 3600_000;
const Cursor = z.tuple([Instant, z.uuid()]);

export interface KeyGrant {
  name: string;
  scopes: Scope[];
  collection?: string | null;
  expiresAt?: Date | null;
}

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    private readonly audit: AuditService,
    private readonly authenticator: Authenticator,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  create(tenant: string, by: ApiKeyIdentity, body: CreateApiKeyBody): Promise<CreatedApiKey> {
    const { name, collection } = body;
    const grant = { name, scopes: unique(body.scopes), collection, expiresAt: this.expiry(body) };
    return this.database.inTenant(tenant, async (tx) => {
      const { key, secret } = await this.issue(tx, tenant, grant);
      const event = { actor: `key:${by.id}`, action: 'api_key.created', target: key.id } as const;
      const details = { name, scopes: key.scopes, collection };
      await this.audit.record(tx, tenant, { ...event, details });
      return { ...answer(key), api_key: secret };
    });
  }

  list(tenant: string, query: ListApiKeysQuery): Promise<Page<ApiKeyAnswer>> {
    const cursor = decodeCursor(query.cursor, Cursor);
    const after = cursor && { createdAt: new Date(cursor[0]), id: cursor[1] };
    return this.database.inTenant(tenant, async (tx) => {
      const page = { limit: query.limit + 1, offset: query.offset, after };
      const rows = await this.keys.list(tx, tenant, page);
      return Page.of(rows, query.limit, (key) => [key.createdAt, key.id], answer);
    });
  }

  /** @throws AppError `api_key_not_found` */
  async revoke(tenant: string, by: ApiKeyIdentity, id: string): Promise<void> {
    await this.database.inTenant(tenant, async (tx) => {
      const key = await this.keys.lock(tx, tenant, id);
      if (!key) throw new AppError('api_key_not_found', `There is no API key with id ${id}.`);
      if (key.revokedAt) return;
      await this.keys.revoke(tx, tenant, id, this.clock.now());
      const event = { actor: `key:${by.id}`, action: 'api_key.revoked', target: id } as const;
      await this.audit.record(tx, tenant, event);
    });
    this.forgetKeys();
  }

  /**
   * Replaces the key that asks by a new one with the same rights.
   * @throws AppError `key_revoked` when another request was first
   */
  async rotate(tenant: string, by: ApiKeyIdentity): Promise<string> {
    const fresh = await this.database.inTenant(tenant, async (tx) => {
      const old = await this.keys.lock(tx, tenant, by.id);
      if (!old || old.revokedAt) throw new AppError('key_revoked', 'This key was rotated already.');
      await this.keys.revoke(tx, tenant, old.id, this.clock.now());
      const { key, secret } = await this.issue(tx, tenant, old);
      const event = { actor: `key:${by.id}`, action: 'api_key.rotated', target: key.id } as const;
      await this.audit.record(tx, tenant, event);
      return secret;
    });
    this.forgetKeys();
    return fresh;
  }

  /** Adds a key within the caller's transaction; `secret` is its only appearance. */
  async issue(
    tx: EntityManager,
    tenant: string,
    grant: KeyGrant,
    secret = newApiKey(),
  ): Promise<{ key: ApiKey; secret: string }> {
    const key: ApiKey = {
      id: this.ids.next(),
      tenantId: tenant,
      name: grant.name,
      hash: hashApiKey(secret),
      prefix: prefixOf(secret),
      scopes: grant.scopes,
      collection: grant.collection ?? null,
      expiresAt: grant.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
      createdAt: this.clock.now(),
    };
    await this.keys.insert(tx, key);
    return { key, secret };
  }

  /** Keys restricted to a collection stay with it; `forgetKeys` follows the commit. */
  followRename(tx: EntityManager, tenant: string, from: string, to: string): Promise<void> {
    return this.keys.renameRestriction(tx, tenant, from, to);
  }

  /** After the commit of a change to keys or tenants, so that it takes effect at once. */
  forgetKeys(): void {
    this.authenticator.forgetKeys();
  }

  /** Whether this key was ever issued, be it revoked since. */
  isKnown(tx: EntityManager, secret: string): Promise<boolean> {
    return this.keys.isKnown(tx, hashApiKey(secret));
  }

  private expiry(body: CreateApiKeyBody): Date | null {
    const now = this.clock.now();
    if (body.expires_in_days !== undefined) {
      return new Date(now.getTime() + body.expires_in_days * DAY_MS);
    }
    if (body.expires_at === undefined) return null;
    const at = new Date(body.expires_at);
    if (at > now) return at;
    const loc = ['body', 'expires_at'];
    throw validationFailed({ loc, msg: 'must lie in the future', type: 'value_error' });
  }
}

function unique<T>(values: T[]): T[] {
  return [...new Set(values)];
}

function answer(key: ApiKey): ApiKeyAnswer {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    collection: key.collection,
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}
