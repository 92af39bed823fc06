import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { requestContext } from '../common/http/request-context.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import type { AuditAction } from './audit-actions.js';
import type { AuditEntry } from './audit-entry.entity.js';
import { AuditRepository } from './audit.repository.js';
import { AuditCursor, type AuditEntryAnswer, type ListAuditQuery } from './audit.schema.js';

export interface AuditEvent {
  /** `key:<id>`, `operator` or `bootstrap`. */
  actor: string;
  action: AuditAction;
  /** Id, name or path of what was acted on. */
  target?: string;
  /** Small, and never a secret or a text of somebody's memory. */
  details?: Record<string, unknown>;
}

/** For how long entries are kept. */
export const AUDIT_DAYS = 400;

/** Who did what to tenants, keys, connections and data. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: Database,
    private readonly entries: AuditRepository,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * In the transaction of what it records: both happen or neither. An act that takes many
   * transactions is recorded in the one that settles it, or in its first one.
   * @param tenant null: of the installation as a whole
   */
  record(tx: EntityManager, tenant: string | null, event: AuditEvent): Promise<void> {
    return this.entries.insert(tx, {
      id: this.ids.next(),
      tenantId: tenant,
      actor: event.actor,
      action: event.action,
      target: event.target ?? null,
      details: event.details ?? {},
      requestId: requestContext.getStore()?.requestId ?? null,
      createdAt: this.clock.now(),
    });
  }

  /** Over all tenants, newest first. @throws AppError `bad_cursor` */
  list(query: ListAuditQuery): Promise<Page<AuditEntryAnswer>> {
    const cursor = decodeCursor(query.cursor, AuditCursor);
    const after = cursor && { createdAt: new Date(cursor[0]), id: cursor[1] };
    return this.database.asSystem(async (tx) => {
      const page = { limit: query.limit + 1, offset: query.offset, after };
      const rows = await this.entries.list(tx, filterOf(query), page);
      return Page.of(rows, query.limit, (row) => [row.createdAt, row.id], answer);
    });
  }

  /** Entries from before that time go, at most `limit` of them; answers how many. */
  removeBefore(tx: EntityManager, before: Date, limit: number): Promise<number> {
    return this.entries.removeBefore(tx, before, limit);
  }
}

function filterOf({ tenant, actor, action, since, until }: ListAuditQuery) {
  return {
    tenant,
    actor,
    action,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

function answer(entry: AuditEntry): AuditEntryAnswer {
  return {
    id: entry.id,
    tenant: entry.tenantId,
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    details: entry.details,
    request_id: entry.requestId,
    created_at: entry.createdAt.toISOString(),
  };
}
