import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { JobHandlers } from '../jobs/job-handlers.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { KeyUse } from './credential-rows.js';
import type { EncryptionAnswer } from './encryption.schema.js';
import { KeyRings, notConfigured } from './key-rings.js';
import type { KeyRing } from './key-ring.js';
import { KeyRotationRepository } from './key-rotation.repository.js';
import { TenantRotator } from './tenant-rotation.js';

/** One job per tenant: each is resumed by itself, and one that fails keeps no other from ending. */
const JOB = 'rotate_credentials';

/** Moves everything that is encrypted under the active key of the ring, and tells how far it is. */
@Injectable()
export class KeyRotationService implements OnModuleInit {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly rotation: KeyRotationRepository,
    private readonly rotator: TenantRotator,
    private readonly rings: KeyRings,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.handlers.register(JOB, (tenant, _, signal) => this.rotateTenant(tenant, signal));
  }

  /**
   * Starts the rotation, or goes on with one that has not ended. Where the ring is the key file of
   * embedded mode, a new active key is made first; otherwise the active one is the first of
   * TRIBUTARY_ENCRYPTION_KEYS.
   * @param actor who asked, as the audit log names them
   * @throws AppError `encryption_not_configured`, `encryption_key_file_exposed`
   */
  async start(actor: string): Promise<EncryptionAnswer> {
    const ring = await this.ringForRotation();
    if (ring) {
      const stale = await this.database.asSystem(async (tx) => {
        const tenants = await this.rotation.staleTenants(tx, ring.active.id, JOB);
        await this.audit.record(tx, null, {
          actor,
          action: 'encryption.rotation_started',
          target: ring.active.id,
          details: { tenants: tenants.length },
        });
        return tenants;
      });
      for (const tenant of stale) await this.jobs.enqueue(tenant, JOB, {});
    }
    return this.status();
  }

  async status(): Promise<EncryptionAnswer> {
    const ring = await this.rings.current();
    const { use, jobs, unreadable } = await this.database.asSystem(async (tx) => ({
      use: await this.rotation.use(tx),
      jobs: await this.rotation.jobs(tx, JOB),
      unreadable: await this.rotation.unreadable(tx),
    }));
    const total = use.reduce((sum, one) => sum + weight(one), 0);
    const active = use.find(({ keyId }) => keyId === ring?.active.id);
    const done = active ? weight(active) : 0;
    return {
      source: this.rings.source,
      active_key: ring?.active.id ?? null,
      total,
      done,
      remaining: total - done,
      complete: total === done,
      tenants_under_way: jobs.underWay,
      unreadable,
      last_error: total === done ? null : jobs.lastError,
      keys: keysOf(ring, use),
    };
  }

  private async ringForRotation(): Promise<KeyRing | null> {
    const ring = await this.rings.current();
    if (this.rings.source === 'environment') {
      if (ring) return ring;
      throw notConfigured();
    }
    const { total, complete } = await this.status();
    return complete && total > 0 ? this.rings.addToFile() : ring;
  }

  private async rotateTenant(
    tenant: string,
    signal: AbortSignal,
  ): Promise<{ key_id: string; resealed: number; unreadable: string[] }> {
    const ring = await this.rings.require();
    const rotated = await this.rotator.rotate(tenant, ring, signal);
    const result = { key_id: ring.active.id, ...rotated };
    await this.database.inTenant(tenant, (tx) =>
      this.audit.record(tx, tenant, {
        actor: 'operator',
        action: 'credentials.rotated',
        details: result,
      }),
    );
    return result;
  }
}

function weight({ dataKeys, fields }: KeyUse): number {
  return dataKeys + fields;
}

/** The keys of the ring in their order, then what is needed and missing. */
function keysOf(ring: KeyRing | null, use: readonly KeyUse[]): EncryptionAnswer['keys'] {
  const ids = new Set([...(ring?.ids ?? []), ...use.map(({ keyId }) => keyId)]);
  return [...ids].map((id) => {
    const { dataKeys = 0, fields = 0 } = use.find(({ keyId }) => keyId === id) ?? {};
    const active = ring?.active.id === id;
    return {
      id,
      active,
      in_ring: ring?.has(id) ?? false,
      data_keys: dataKeys,
      credentials: fields,
      removable: !active && dataKeys + fields === 0,
    };
  });
}
