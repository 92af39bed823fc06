import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { RunPace, type PlannedCalls } from './run-events-pace.js';
import type { RunRow } from './run-row.js';
import { isTerminal } from './run-state.js';
import { toRun } from './run.mapper.js';
import { RunsRepository } from './runs.repository.js';
import type { RunAnswer, RunEvent, RunStateEvent } from './runs.schema.js';
import { RunsService } from './runs.service.js';

const LOOK_MS = 1000;

/** A run as it was a moment ago; null: it is not there any more. */
type Snapshot = RunAnswer | null;

/**
 * Live progress. All listeners of a run in this process share one look at its row a second, so a
 * thousand open dashboards cost the database no more than one.
 */
@Injectable()
export class RunEvents {
  readonly #looks = new Map<string, { at: number; snapshot: Promise<Snapshot> }>();

  constructor(
    private readonly database: Database,
    private readonly runs: RunsService,
    private readonly repository: RunsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The events of a run until its end, or until the signal is aborted.
   * @param lastEventId id of the last event that the client has; what it has is not sent again
   * @returns null when the client has seen the end
   * @throws AppError `run_not_found`
   */
  async follow(
    tenant: string,
    id: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<RunEvent | null> | null> {
    const first = toRun(await this.runs.row(tenant, id));
    const [state, progress] = (lastEventId ?? '').split('.');
    if (isTerminal(first.status) && state === 'end') return null;
    const plan = await this.plannedCalls(tenant, first);
    return this.events(tenant, first, plan, { state, progress }, signal);
  }

  /** Yields null when a look brought nothing new. */
  private async *events(
    tenant: string,
    first: RunAnswer,
    plan: PlannedCalls | null,
    has: { state?: string; progress?: string },
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent | null> {
    const pace = new RunPace();
    for (let run: Snapshot = first; run !== null; run = await this.look(tenant, first.id)) {
      if (isTerminal(run.status)) {
        yield { event: 'end', id: 'end', data: run };
        return;
      }
      const state = stateOf(run);
      const stateId = digest(state);
      if (stateId !== has.state) yield { event: 'state', id: stateId, data: state };
      const { eta_seconds: _, rate: __, ...progress } = run.progress;
      const told = { ...progress, counts: run.counts, synced_count: run.synced_count };
      const measured = pace.observe(run, this.clock.now(), plan);
      const progressId = digest([told, measured]);
      if (progressId !== has.progress) {
        const data = { run_id: run.id, ...told, ...measured };
        yield { event: 'progress', id: `${stateId}.${progressId}`, data };
      } else yield null;
      has = { state: stateId, progress: progressId };
      await this.clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  /** The run as it was at most a second ago. */
  private look(tenant: string, id: string): Promise<Snapshot> {
    const now = this.clock.now().getTime();
    const last = this.#looks.get(id);
    if (last && now - last.at < LOOK_MS) return last.snapshot;
    const snapshot = this.database.inTenant(tenant, async (tx) => {
      const row: RunRow | undefined = await this.repository.find(tx, tenant, id);
      return row ? toRun(row) : null;
    });
    this.#looks.set(id, { at: now, snapshot });
    for (const [other, { at }] of this.#looks)
      if (now - at > 2 * LOOK_MS) this.#looks.delete(other);
    return snapshot;
  }

  private plannedCalls(tenant: string, run: RunAnswer): Promise<PlannedCalls | null> {
    return this.database.inTenant(tenant, (tx) =>
      this.repository.plannedCalls(tx, tenant, run.connection_id, run.id),
    );
  }
}

function stateOf(run: RunAnswer): RunStateEvent {
  const { id, status, attempt, waiting, held_deletions, error, error_detail } = run;
  return { run_id: id, status, attempt, waiting, held_deletions, error, error_detail };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
}
