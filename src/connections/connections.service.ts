import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CredentialStore } from '../../connectors/sdk/context.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import type { SyncTarget } from '../remember/changed-document.js';
import { RunsService } from '../runs/runs.service.js';
import type { ConnectionRow } from './connection-row.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { toConnection } from './connection.mapper.js';
import { ConnectionsRepository } from './connections.repository.js';
import type {
  ConnectionAnswer,
  CreateConnectionBody,
  ProbeAnswer,
  UpdateConnectionBody,
} from './connections.schema.js';

/** What a run needs to know of its connection. */
export interface ConnectionForRun {
  readonly provider: string;
  readonly config: Record<string, unknown>;
  readonly credentials: CredentialStore<unknown>;
  readonly target: SyncTarget;
}

@Injectable()
export class ConnectionsService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsRepository,
    private readonly collections: CollectionsService,
    private readonly setup: ConnectionSetupService,
    private readonly runs: RunsService,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Attaches an account after asking the source whether the settings work. With a schedule the
   * first run starts at once.
   * @throws AppError `connection_exists` and those of ConnectionSetupService.check
   */
  async create(
    tenant: string,
    by: ApiKeyIdentity,
    body: CreateConnectionBody,
  ): Promise<ConnectionAnswer> {
    requireCollectionAccess(by, body.collection);
    const { provider } = body;
    const { config, account } = await this.setup.check(provider, body.config, body.credentials);
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
    const created = await this.database.inTenant(tenant, async (tx) => {
      if (!(await this.connections.insert(tx, tenant, connection)))
        throw new AppError(
          'connection_exists',
          `The collection "${collection.name}" has a connection to ${account.id} already.`,
        );
      await this.connections.adopt(tx, tenant, connection);
      if (body.schedule !== null)
        await this.runs.enqueue(tx, tenant, {
          connection: connection.id,
          provider,
          trigger: 'schedule',
        });
      return this.require(tx, tenant, connection.id);
    });
    this.runs.wakeWorkers();
    return toConnection(created);
  }

  /** @param only the collection that a restricted key may see; null = all */
  list(tenant: string, only: string | null): Promise<ConnectionAnswer[]> {
    return this.database.inTenant(tenant, async (tx) => {
      const rows = await this.connections.list(tx, tenant);
      return rows.filter((row) => only === null || row.collection === only).map(toConnection);
    });
  }

  /** @throws AppError `connection_not_found` */
  get(tenant: string, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, async (tx) =>
      toConnection(await this.require(tx, tenant, id)),
    );
  }

  /** @throws AppError `invalid_config` when the new settings lead to another account */
  async update(tenant: string, id: string, body: UpdateConnectionBody): Promise<ConnectionAnswer> {
    const row = await this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
    let config: Record<string, unknown> | undefined;
    if (body.config) {
      const checked = await this.setup.check(row.provider, body.config, {});
      if (checked.account.id !== row.account_id)
        throw new AppError(
          'invalid_config',
          `That is another account (${checked.account.id}); make a new connection for it.`,
        );
      config = checked.config;
    }
    return this.database.inTenant(tenant, async (tx) => {
      const { name, schedule } = body;
      await this.connections.update(tx, tenant, id, { name, schedule, config });
      return toConnection(await this.require(tx, tenant, id));
    });
  }

  async probe(tenant: string, id: string): Promise<ProbeAnswer> {
    const row = await this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
    return { checks: await this.setup.probe(row.provider, row.config, {}) };
  }

  /** Stops the active run and starts none until resumed; what is synced stays searchable. */
  pause(tenant: string, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.require(tx, tenant, id);
      await this.connections.setStatus(tx, tenant, id, 'paused', 'paused on request');
      await this.runs.cancelActive(tx, tenant, id);
      return toConnection(await this.require(tx, tenant, id));
    });
  }

  resume(tenant: string, id: string): Promise<ConnectionAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.require(tx, tenant, id);
      await this.connections.setStatus(tx, tenant, id, 'active', null);
      return toConnection(await this.require(tx, tenant, id));
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
        credentials: { get: () => Promise.resolve({}), update: () => Promise.resolve() },
        target: {
          connection: row.id,
          provider: row.provider,
          account: row.account_id,
          collection,
          containerTag: row.container_tag,
        },
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
    else await this.connections.setStatus(tx, tenant, id, outcome.verdict, outcome.reason);
  }

  /** @throws AppError `connection_not_found` */
  async require(tx: EntityManager, tenant: string, id: string): Promise<ConnectionRow> {
    const row = await this.connections.find(tx, tenant, id);
    if (row) return row;
    throw new AppError('connection_not_found', `There is no connection ${id}.`);
  }
}
