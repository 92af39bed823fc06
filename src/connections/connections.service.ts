import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../auth/audit.service.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { IDS, type Ids } from '../common/ids.js';
import type { GivenCredentials, KnownCredentials } from '../credentials/connection-credentials.js';
import { CredentialVault } from '../credentials/credential-vault.js';
import { Database } from '../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import type { SyncTarget } from '../remember/changed-document.js';
import { slicesByCost } from '../remember/slices.js';
import { RunsService } from '../runs/runs.service.js';
import type { Schedule } from '../scheduler/schedule.schema.js';
import type { ConnectionRow } from './connection-row.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { toConnection } from './connection.mapper.js';
import { ConnectionsRepository } from './connections.repository.js';
import type {
  ConnectionAnswer,
  CreateConnectionBody,
  CreatedConnectionAnswer,
  ProbeAnswer,
  UpdateConnectionBody,
} from './connections.schema.js';

/** Documents left by an earlier connection that are read at a time. */
const LEFT_BEHIND = 5_000;
/**
 * How long a request adopts them; then the rest is left to the first run. Clients give up after
 * 30 s, in which the source is asked, too (connection-setup.service.ts).
 */
const PATIENCE_MS = 2_000;

/** What a run needs to know of its connection. */
export interface ConnectionForRun {
  readonly provider: string;
  readonly config: Record<string, unknown>;
  /** Decrypted when the connector first asks. */
  readonly credentials: KnownCredentials;
  readonly target: SyncTarget;
  readonly schedule: Schedule | null;
}

@Injectable()
export class ConnectionsService {
  private readonly logger = new Logger('Connections');

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsRepository,
    private readonly collections: CollectionsService,
    private readonly setup: ConnectionSetupService,
    private readonly runs: RunsService,
    private readonly vault: CredentialVault,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Attaches an account after asking the source whether the settings work. With a schedule the
   * first run starts at once. What an earlier connection to the account has left in the collection
   * is adopted after that is stored, in small transactions; what time or an error leaves of it, a
   * run does.
   * @throws AppError `connection_exists`, `encryption_not_configured` and those of
   *   ConnectionSetupService.check
   */
  async create(
    tenant: string,
    by: ApiKeyIdentity,
    body: CreateConnectionBody,
  ): Promise<CreatedConnectionAnswer> {
    requireCollectionAccess(by, body.collection);
    const { provider } = body;
    const credentials = this.setup.given(provider, body.credentials);
    const store = await this.storing(tenant, credentials);
    const checked = await this.setup.check(provider, body.config, credentials);
    const { config, account, checks } = checked;
    const collection = await this.collections.ensure(tenant, body.collection);
    const connection = {
      id: this.ids.next(),
      provider,
      account: account.id,
      name: body.name ?? account.title,
      collectionId: collection.id,
      containerTag: body.container_tag,
      config,
      schedule: body.schedule,
    };
    await this.database.inTenant(tenant, async (tx) => {
      if (!(await this.connections.insert(tx, tenant, connection)))
        throw new AppError(
          'connection_exists',
          `The collection "${collection.name}" has a connection to ${account.id} already.`,
        );
      await store(tx, connection.id);
      if (body.schedule !== null)
        await this.runs.enqueue(tx, tenant, {
          connection: connection.id,
          provider,
          trigger: 'schedule',
        });
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'connection.created',
        target: connection.id,
        details: { provider, account: account.id, collection: collection.name },
      });
    });
    const patience = AbortSignal.timeout(PATIENCE_MS);
    await this.adopt(tenant, connection.id, patience).catch((error: unknown) => {
      // The connection is there: whoever were told otherwise would ask for a second one.
      if (error !== patience.reason)
        this.logger.warn({ msg: 'could not adopt yet', connection: connection.id, error });
    });
    this.runs.wakeWorkers();
    return { ...(await this.get(tenant, connection.id)), checks };
  }

  /**
   * Documents that an earlier connection to the account left in the collection belong to this one,
   * under its container tag: attaching again embeds nothing that is still the same. A run begins
   * with those that are left, so that it makes no second ones of them.
   * @param fence first in each transaction that writes; a run's is that of its lease
   * @throws the signal's reason when it aborts
   */
  async adopt(
    tenant: string,
    id: string,
    signal: AbortSignal,
    fence?: (tx: EntityManager) => Promise<void>,
  ): Promise<void> {
    const background = { priority: 'background' } as const;
    for (;;) {
      signal.throwIfAborted();
      const left = await this.database.inTenant(
        tenant,
        (tx) => this.connections.leftBehind(tx, tenant, id, LEFT_BEHIND),
        background,
      );
      if (left.length === 0) return;
      for (const part of slicesByCost(left, this.database.lightBatch, (one) => one.chunkCount)) {
        const ids = part.map((document) => document.id);
        await this.index.waitForRoom(signal);
        signal.throwIfAborted();
        await this.database.inTenant(
          tenant,
          async (tx) => {
            await fence?.(tx);
            await this.connections.adopt(tx, tenant, id, ids);
          },
          background,
        );
      }
    }
  }

  /** @param only the collection that a restricted key may see; null = all */
  list(tenant: string, only: string | null): Promise<ConnectionAnswer[]> {
    return this.database.inTenant(tenant, async (tx) => {
      const rows = await this.connections.list(tx, tenant);
      const shown = rows.filter((row) => only === null || row.collection === only);
      const ids = shown.map(({ id }) => id);
      const credentials = await this.vault.describe(tx, tenant, ids);
      return shown.map((row) => toConnection(row, credentials.get(row.id)));
    });
  }

  /** @throws AppError `connection_not_found` */
  get(tenant: string, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, (tx) => this.answer(tx, tenant, id));
  }

  /**
   * New configuration or credentials are tried at the source first. New credentials that work heal
   * `needs_auth`: the schedule goes on, with cursors and data as they are.
   * @throws AppError `invalid_config` when the new settings lead to another account;
   *   `encryption_not_configured` and those of ConnectionSetupService.check
   */
  async update(
    tenant: string,
    by: ApiKeyIdentity,
    id: string,
    body: UpdateConnectionBody,
  ): Promise<ConnectionAnswer> {
    const row = await this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
    const given = body.credentials && this.setup.given(row.provider, body.credentials);
    const store = given && (await this.storing(tenant, given));
    const config =
      body.config || given ? await this.checkSameAccount(tenant, row, body, given) : undefined;
    return this.database.inTenant(tenant, async (tx) => {
      const { name, schedule } = body;
      await store?.(tx, id);
      await this.connections.update(tx, tenant, id, { name, schedule, config });
      if (store) await this.connections.heal(tx, tenant, id);
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'connection.updated',
        target: id,
        // Names only: the values may be secrets.
        details: { changed: Object.keys(body) },
      });
      return this.answer(tx, tenant, id);
    });
  }

  async probe(tenant: string, id: string): Promise<ProbeAnswer> {
    const row = await this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
    const credentials = this.setup.stored(tenant, row);
    return { checks: await this.setup.probe(row, credentials) };
  }

  /** Stops the active run and starts none until resumed; what is synced stays searchable. */
  pause(tenant: string, by: ApiKeyIdentity, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.stop(tx, tenant, id);
      const event = { actor: `key:${by.id}`, action: 'connection.paused', target: id } as const;
      await this.audit.record(tx, tenant, event);
      return this.answer(tx, tenant, id);
    });
  }

  /**
   * As `pause`, within a larger act.
   * @returns why it is paused, which may have been said before
   * @throws AppError `connection_not_found`
   */
  async stop(tx: EntityManager, tenant: string, id: string): Promise<string> {
    const reason = await this.connections.pause(tx, tenant, id);
    if (reason === undefined) throw notFound(id);
    await this.runs.cancelActive(tx, tenant, id);
    return reason;
  }

  resume(tenant: string, by: ApiKeyIdentity, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.require(tx, tenant, id);
      await this.connections.setStatus(tx, tenant, id, 'active', null);
      const event = { actor: `key:${by.id}`, action: 'connection.resumed', target: id } as const;
      await this.audit.record(tx, tenant, event);
      return this.answer(tx, tenant, id);
    });
  }

  /** What a run works with. @throws AppError `connection_not_found` */
  async forRun(tenant: string, id: string): Promise<ConnectionForRun> {
    return this.database.inTenant(tenant, async (tx) => {
      const row = await this.require(tx, tenant, id);
      const collection = await this.collections.requireIn(tx, tenant, row.collection);
      return {
        provider: row.provider,
        config: row.config,
        credentials: this.setup.stored(tenant, row),
        target: {
          connection: row.id,
          provider: row.provider,
          account: row.account_id,
          collection,
          containerTag: row.container_tag,
        },
        schedule: row.schedule,
      };
    });
  }

  /** Settles what the end of a run means for its connection, in the run's own transaction. */
  async runEnded(
    tx: EntityManager,
    tenant: string,
    id: string,
    outcome:
      { ok: true } | { ok: false; verdict: 'needs_auth' | 'paused' | 'count'; reason: string },
  ): Promise<void> {
    if (outcome.ok) await this.connections.succeeded(tx, tenant, id);
    else if (outcome.verdict === 'count')
      await this.connections.countError(tx, tenant, id, outcome.reason);
    else await this.connections.stopped(tx, tenant, id, outcome.verdict, outcome.reason);
  }

  /** @throws AppError `connection_not_found` */
  async require(tx: EntityManager, tenant: string, id: string): Promise<ConnectionRow> {
    const row = await this.connections.find(tx, tenant, id);
    if (row) return row;
    throw notFound(id);
  }

  private async answer(tx: EntityManager, tenant: string, id: string): Promise<ConnectionAnswer> {
    const row = await this.require(tx, tenant, id);
    const credentials = await this.vault.describe(tx, tenant, [id]);
    return toConnection(row, credentials.get(id));
  }

  /**
   * How to store what a request brought, in its transaction. Asked for before the source is, so
   * that a server without keys says so at once.
   */
  private async storing(
    tenant: string,
    given: GivenCredentials,
  ): Promise<(tx: EntityManager, connection: string) => Promise<void>> {
    // A connector without credentials needs no key.
    if (given.values.size === 0)
      return (tx, connection) => this.vault.remove(tx, tenant, connection);
    const ring = await this.vault.prepare();
    return async (tx, connection) => {
      await this.vault.store(tx, tenant, connection, given.values, { ring });
    };
  }

  /** The configuration as the connector reads it, after the source named the same account. */
  private async checkSameAccount(
    tenant: string,
    row: ConnectionRow,
    body: UpdateConnectionBody,
    given: GivenCredentials | undefined,
  ): Promise<Record<string, unknown>> {
    const credentials = given ?? this.setup.stored(tenant, row);
    const checked = await this.setup.check(row.provider, body.config ?? row.config, credentials);
    if (checked.account.id === row.account_id) return checked.config;
    throw new AppError(
      'invalid_config',
      `That is another account (${checked.account.id}); make a new connection for it.`,
    );
  }
}

function notFound(id: string): AppError {
  return new AppError('connection_not_found', `There is no connection ${id}.`);
}
