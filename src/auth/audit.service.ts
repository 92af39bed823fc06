import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { IDS, type Ids } from '../common/ids.js';
import { AuditRepository } from './audit.repository.js';

export interface AuditEvent {
  /** `key:<id>`, `operator` or `bootstrap`. */
  actor: string;
  action: string;
  target?: string;
  details?: Record<string, unknown>;
}

@Injectable()
export class AuditService {
  constructor(
    private readonly entries: AuditRepository,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** In the transaction of what it records: both happen or neither. */
  record(tx: EntityManager, tenant: string, event: AuditEvent): Promise<void> {
    return this.entries.insert(tx, {
      id: this.ids.next(),
      tenantId: tenant,
      actor: event.actor,
      action: event.action,
      target: event.target ?? null,
      details: event.details ?? {},
      createdAt: this.clock.now(),
    });
  }
}
