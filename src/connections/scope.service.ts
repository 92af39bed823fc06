import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { firstByChunks } from '../remember/slices.js';
import { RunsService } from '../runs/runs.service.js';
import { holdsDeletions } from '../sync/deletions/hold-rule.js';
import { purgeTime } from '../sync/deletions/retention.js';
import type { ConnectionRow } from './connection-row.js';
import { connectionBusy, RUN_DOES_NOT_STOP } from './connection-busy.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import { PlanSourceService } from './plan-source.service.js';
import { PlanRepository } from './plan.repository.js';
import { scopeChanges, type ScopeChanges } from './scope-changes.js';
import { ScopeRepository } from './scope.repository.js';
import type { ApplyScopeBody, ScopeAnswer, ScopePlanAnswer } from './scope.schema.js';

const PLAN_MS = 86_400_000;
/** A run ends at its next page, that of a dead worker when its lease has run out. */
const RUN_END_MS = 20_000;
/** How long a request waits for an index that is behind, all its batches together. */
const ROOM_MS = 5_000;
const NOTE = 'What else the configuration says takes effect in the next run.';

type Fields = Record<string, unknown>;

/** A plan as it is kept: what was agreed to, from which configuration to which. */
interface KeptPlan extends ScopeChanges {
  readonly from: Fields;
  readonly to: Fields;
  /** `to` as the request had it, without defaults. */
  readonly given: Fields;
}

/** Changes of what a connection reads: first told, then done without asking the source. */
@Injectable()
export class ScopeService {
  constructor(
    private readonly database: Database,
    private readonly service: ConnectionsService,
    private readonly connections: ConnectionsRepository,
    private readonly plans: PlanRepository,
    private readonly scope: ScopeRepository,
    private readonly source: PlanSourceService,
    private readonly lifecycle: DocumentLifecycle,
    private readonly runs: RunsService,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** @throws AppError `connection_not_found`, `invalid_config` and those of a probe */
  async plan(tenant: string, id: string, given: Fields): Promise<ScopePlanAnswer> {
    const row = await this.row(tenant, id);
    const kept = await this.compare(tenant, row, given);
    const planId = this.ids.next();
    const at = this.clock.now();
    return this.database.inTenant(tenant, async (tx) => {
      await this.plans.save(tx, { id: planId, connection: id, kind: 'scope', body: kept, at });
      const visible = await this.scope.visible(tx, tenant, id);
      const restorable = await this.scope.restorable(tx, tenant, id);
      return describe(planId, row.account_id, kept, visible, restorable);
    });
  }

  /**
   * Hides the documents of partitions that leave and shows again those of partitions that come
   * back; neither fetches or embeds anything. Can be repeated when it was interrupted.
   * @throws AppError `scope_plan_not_found`, `scope_plan_outdated`, `scope_needs_confirmation`,
   *   `connection_busy`, `index_behind` before anything was changed
   */
  async apply(
    tenant: string,
    by: ApiKeyIdentity,
    id: string,
    body: ApplyScopeBody,
  ): Promise<ScopeAnswer> {
    const row = await this.row(tenant, id);
    const plan = body.plan_id
      ? await this.keptPlan(tenant, row, body.plan_id, body.config)
      : await this.expectedPlan(tenant, row, body);
    const removed = plan.removed.map(({ key }) => key);
    const added = plan.added.map(({ key }) => key);
    if (!body.confirm) await this.requireFew(tenant, id, removed);
    await this.index.requireRoom();
    await this.settleConfig(tenant, by, id, plan);
    const purgeAt = purgeTime(this.clock.now());
    const patience = AbortSignal.timeout(ROOM_MS);
    const hidden = await this.inBatches(tenant, patience, async (tx, limit) => {
      const documents = await this.scope.toHide(tx, tenant, id, removed, limit);
      const ids = firstByChunks(documents, limit).map((document) => document.id);
      await this.lifecycle.hide(tx, tenant, ids, 'deleted', purgeAt);
      await this.scope.markOutOfScope(tx, tenant, ids);
      return ids.length;
    });
    const restored = await this.inBatches(tenant, patience, async (tx, limit) => {
      const documents = await this.scope.toRestore(tx, tenant, id, added, limit);
      const ids = firstByChunks(documents, limit).map((document) => document.id);
      await this.lifecycle.restore(tx, tenant, ids);
      return ids.length;
    });
    const runId = await this.readNew(tenant, id);
    return { hidden, restored, run_id: runId, connection: await this.service.get(tenant, id) };
  }

  private row(tenant: string, id: string): Promise<ConnectionRow> {
    return this.database.inTenant(tenant, (tx) => this.service.require(tx, tenant, id));
  }

  private async compare(tenant: string, row: ConnectionRow, given: Fields): Promise<KeptPlan> {
    const since = this.clock.now();
    const after = await this.source.listing(tenant, { ...row, config: given }, since);
    if (after.account !== row.account_id)
      throw new AppError(
        'invalid_config',
        `That is another account (${after.account}); make a new connection for it.`,
      );
    const before = await this.source.listing(tenant, row, since);
    const changes = scopeChanges(before.partitions, after.partitions);
    return { ...changes, from: row.config, to: after.config, given };
  }

  private async keptPlan(
    tenant: string,
    row: ConnectionRow,
    planId: string,
    given: Fields,
  ): Promise<KeptPlan> {
    const since = new Date(this.clock.now().getTime() - PLAN_MS);
    const stored = await this.database.inTenant(tenant, (tx) =>
      this.plans.find(tx, tenant, { id: planId, connection: row.id, kind: 'scope', since }),
    );
    if (!stored)
      throw new AppError('scope_plan_not_found', `The connection has no scope plan ${planId}.`);
    const plan = stored.body as unknown as KeptPlan;
    if (!isDeepStrictEqual(plan.given, given))
      throw new AppError('scope_plan_outdated', 'The plan was made for another configuration.');
    const isApplied = isDeepStrictEqual(row.config, plan.to);
    if (!isApplied && !isDeepStrictEqual(row.config, plan.from))
      throw new AppError(
        'scope_plan_outdated',
        'The configuration was changed since the plan was made.',
      );
    return plan;
  }

  private async expectedPlan(
    tenant: string,
    row: ConnectionRow,
    { config, expected }: ApplyScopeBody,
  ): Promise<KeptPlan> {
    const plan = await this.compare(tenant, row, config);
    const found = { added: plan.added.length, removed: plan.removed.length };
    if (isDeepStrictEqual(found, expected)) return plan;
    throw new AppError(
      'scope_plan_outdated',
      `The change adds ${found.added} partitions and removes ${found.removed}.`,
    );
  }

  private requireFew(tenant: string, id: string, removed: readonly string[]): Promise<void> {
    return this.database.inTenant(tenant, async (tx) => {
      const visible = await this.scope.visible(tx, tenant, id);
      if (!isMass(removed, visible)) return;
      const losses = sum(removed, visible);
      throw new AppError(
        'scope_needs_confirmation',
        `The change hides ${losses} of ${total(visible)} documents; repeat it with confirm=true.`,
      );
    });
  }

  /**
   * Stores the configuration at a moment when nobody works with the old one: a run that goes on
   * would bring back what is hidden.
   */
  private async settleConfig(
    tenant: string,
    by: ApiKeyIdentity,
    id: string,
    plan: KeptPlan,
  ): Promise<void> {
    const deadline = this.clock.now().getTime() + RUN_END_MS;
    for (;;) {
      const running = await this.database.inTenant(tenant, async (tx) => {
        await this.scope.lockConnection(tx, tenant, id);
        const active = await this.plans.activeRun(tx, tenant, id);
        if (active) await this.runs.cancelActive(tx, tenant, id);
        if (active?.state === 'running') return active.id;
        await this.connections.update(tx, tenant, id, { config: plan.to });
        await this.scope.leave(tx, id, keys(plan.removed));
        await this.scope.enter(tx, id, keys(plan.added));
        await this.audit.record(tx, tenant, {
          actor: `key:${by.id}`,
          action: 'connection.scope_applied',
          target: id,
          details: { added: plan.added.length, removed: plan.removed.length },
        });
        return null;
      });
      if (running === null) return;
      const left = deadline - this.clock.now().getTime();
      if (left > 0) await this.runs.wait(tenant, running, left);
      if (this.clock.now().getTime() >= deadline) throw connectionBusy(RUN_DOES_NOT_STOP);
    }
  }

  private async inBatches(
    tenant: string,
    patience: AbortSignal,
    work: (tx: EntityManager, limit: number) => Promise<number>,
  ): Promise<number> {
    const { lightBatch } = this.database;
    for (let done = 0; ;) {
      const n = await this.database.inTenant(tenant, (tx) => work(tx, lightBatch));
      if (n === 0) return done;
      done += n;
      await this.leaveRoom(patience);
    }
  }

  /** The configuration is stored by now, so the rest follows, however far the index is behind. */
  private async leaveRoom(patience: AbortSignal): Promise<void> {
    await this.index.waitForRoom(patience).catch((error: unknown) => {
      if (error !== patience.reason) throw error;
    });
  }

  private async readNew(tenant: string, id: string): Promise<string | null> {
    const run = await this.database.inTenant(tenant, async (tx) => {
      const { provider, status } = await this.service.require(tx, tenant, id);
      if (status !== 'active') return null;
      return this.runs.enqueue(tx, tenant, { connection: id, provider, trigger: 'manual' });
    });
    this.runs.wakeWorkers();
    return run?.id ?? null;
  }
}

function describe(
  planId: string,
  account: string,
  changes: ScopeChanges,
  visible: ReadonlyMap<string, number>,
  restorable: ReadonlyMap<string, number>,
): ScopePlanAnswer {
  const { added, removed, kept } = changes;
  return {
    plan_id: planId,
    account_id: account,
    added: added.map((part) => ({ ...part, documents: restorable.get(part.key) ?? null })),
    removed: removed.map((part) => ({ ...part, documents: visible.get(part.key) ?? 0 })),
    kept: kept.map((part) => ({ ...part, documents: visible.get(part.key) ?? 0 })),
    documents: {
      added: sum(keys(added), restorable),
      removed: sum(keys(removed), visible),
      kept: sum(keys(kept), visible),
    },
    counted: added.length === 0 ? 'exact' : 'estimate',
    needs_confirmation: isMass(keys(removed), visible),
    note: NOTE,
  };
}

/** The rule for deletions that a sync finds, so that neither way is a way around it. */
function isMass(removed: readonly string[], visible: ReadonlyMap<string, number>): boolean {
  const losses = new Map(removed.map((key) => [key, visible.get(key) ?? 0]));
  return holdsDeletions(losses, new Map([...visible, ['', total(visible)]])).size > 0;
}

function keys(parts: ScopeChanges['added']): string[] {
  return parts.map(({ key }) => key);
}

function sum(partitions: readonly string[], counts: ReadonlyMap<string, number>): number {
  return partitions.reduce((all, key) => all + (counts.get(key) ?? 0), 0);
}

function total(counts: ReadonlyMap<string, number>): number {
  return sum([...counts.keys()], counts);
}
