import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isLimited, readingOf } from '../../connectors/sdk/budget-state.js';
import { AppError } from '../common/errors/app-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { causesOf } from './run-explain.js';
import type { BudgetLeft, QueueFacts, RunFacts } from './run-explain-facts.js';
import { RunExplainRepository, type StoredBudget } from './run-explain.repository.js';
import type { RunExplanation } from './run-explain.schema.js';
import { LEASE_SECONDS } from './run-queue.js';

/** Budgets as they were learned, whatever pace this installation has set itself. */
const UNPACED = { perSecond: null };

/** Says why a run stands still, in words and in fields. */
@Injectable()
export class RunExplainService {
  constructor(
    private readonly database: Database,
    private readonly repository: RunExplainRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws AppError `run_not_found` */
  async explain(tenant: string, id: string): Promise<RunExplanation> {
    // Beyond the tenant's own rows, queue and budgets only count.
    const facts = await this.database.asSystem((tx) => this.facts(tx, tenant, id));
    return toExplanation(facts);
  }

  private async facts(tx: EntityManager, tenant: string, id: string): Promise<RunFacts> {
    const found = await this.repository.run(tx, tenant, id);
    if (!found) throw new AppError('run_not_found', `There is no run ${id}.`);
    const { run, connection } = found;
    const stands = run.state === 'queued' || run.state === 'waiting';
    const active = stands || run.state === 'running';
    return {
      ...found,
      queue: stands ? await this.queue(tx, run) : null,
      budgets: active
        ? budgetsLeft(await this.repository.budgets(tx, `${run.provider}:${connection.account_id}`))
        : [],
      lastCall: await this.repository.lastCall(tx, id),
      gaps: await this.repository.gaps(tx, id),
      openFailures:
        run.state === 'partial' ? await this.repository.openFailures(tx, connection.id) : 0,
    };
  }

  private async queue(tx: EntityManager, run: RunFacts['run']): Promise<QueueFacts> {
    const counted = await this.repository.queue(tx, run);
    const { perTenant, perProvider } = this.config.maxRuns;
    const caps: QueueFacts['caps_reached'][number][] = [];
    if (counted.running_of_tenant >= perTenant) caps.push('tenant');
    if (counted.running_of_provider >= perProvider) caps.push('provider');
    return { ...counted, caps_reached: caps };
  }
}

/** Only methods that have a limit; of the others nothing is left or used up. */
function budgetsLeft(stored: readonly StoredBudget[]): BudgetLeft[] {
  return stored
    .filter((budget) => isLimited(budget, budget.now, UNPACED))
    .map((budget) => {
      const { callsPerMinute, left, blockedSeconds } = readingOf(budget, budget.now, UNPACED);
      return {
        method: budget.method,
        calls_per_minute: callsPerMinute === null ? null : Math.round(callsPerMinute * 100) / 100,
        available: blockedSeconds > 0 ? 0 : left,
        blocked_until: blockedSeconds > 0 ? new Date(budget.blockedUntil! * 1000) : null,
      };
    });
}

function toExplanation(facts: RunFacts): RunExplanation {
  const { run, now, connection, queue, lastCall } = facts;
  const causes = causesOf(facts);
  const { id, name, status, status_reason } = connection;
  return {
    run_id: run.id,
    status: run.state,
    summary: causes[0]!.message,
    causes,
    waiting: run.waiting,
    last_progress_at: run.started_at === null ? null : run.updated_at.toISOString(),
    last_call: lastCall && { ...lastCall, at: lastCall.at.toISOString() },
    budgets: facts.budgets.map((budget) => ({
      ...budget,
      blocked_until: budget.blocked_until?.toISOString() ?? null,
    })),
    lease:
      run.lease_until === null
        ? null
        : {
            owner: run.lease_owner ?? '',
            heartbeat_age_seconds: heartbeatAge(run.lease_until, now),
            expired: run.lease_until < now,
          },
    queue: queue && {
      due_at: run.run_at.toISOString(),
      ...queue,
      caps_reached: [...queue.caps_reached],
    },
    connection: { id, name, status, status_reason },
  };
}

/** A heartbeat extends the lease by its whole length. */
function heartbeatAge(leaseUntil: Date, now: Date): number {
  const ms = now.getTime() - (leaseUntil.getTime() - LEASE_SECONDS * 1000);
  return Math.max(0, Math.round(ms / 100) / 10);
}
