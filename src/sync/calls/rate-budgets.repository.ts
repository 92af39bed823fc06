import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  burstSeconds,
  FORGET_SECONDS,
  GROWTH,
  MAX_GROWTH_SECONDS,
  WAITED_FOR,
  WHOLE_TOKEN,
  type BudgetState,
} from '../../../connectors/sdk/budget-state.js';
import type { Pacing } from '../../../connectors/sdk/rate-budgets.js';
import { runPrepared } from '../../database/prepared-statement.js';

/** Names one method's budget: whose it is, and the vendor's name of the method. */
export interface BudgetKey {
  readonly scope: string;
  readonly method: string;
}

interface TakeRow {
  granted: boolean;
  limited: boolean;
  blocked: number;
  missing: number;
}

type StateRow = BudgetState & { readonly now: number };

const NOW = 'statement_timestamp()';
const secondsSince = (time: string): string =>
  `greatest(0, extract(epoch from ${NOW} - ${time})::float8)`;

// The rule is takeFrom() of connectors/sdk/budget-state.ts. `least` and `greatest` pass over nulls.
const RATE = `least(per_second, $3::float8)`;
const FULL = `greatest(1, least(burst, ${RATE} * $4::float8))`;
const FILLED = `least(${FULL}, tokens + ${RATE} * ${secondsSince('updated_at')})`;
const FREE = secondsSince('greatest(updated_at, blocked_until)');
const IDLE = `coalesce(${RATE} * ${FREE} >= ${FULL} + 1, false)`;
const GROWING = `case when ${FILLED} < ${WAITED_FOR} then
  least(${MAX_GROWTH_SECONDS}, ${secondsSince('greatest(updated_at, grows_from)')}) else 0 end`;
const GROWN = `per_second * exp(${GROWING} *
  case when settled then ${GROWTH.settled} else ${GROWTH.guessed} end)`;
const MOST = `case when $3::float8 is not null then greatest(per_second, $3::float8) end`;
const UNBLOCKED = `(blocked_until is null or blocked_until <= ${NOW})`;
const LIMITED = `($3::float8 is not null or ceiling is not null
  or not ${UNBLOCKED} or coalesce(refused_at > ${NOW} - interval '${FORGET_SECONDS} s', false))`;

const TAKE = `
  with taken as (
    update rate_buckets set
      per_second = case when per_second is null or ${IDLE} then per_second
        else least(${GROWN}, ceiling, ${MOST}) end,
      tokens = case when ${RATE} is null then tokens else ${FILLED} - 1 end,
      updated_at = greatest(${NOW}, updated_at),
      calls = case when ${IDLE} then 1 else calls + 1 end,
      measured_from = case when ${IDLE} then ${NOW} else measured_from end
    where scope = $1 and method = $2 and ${LIMITED} and ${UNBLOCKED}
      and (${RATE} is null or ${FILLED} >= ${WHOLE_TOKEN})
    returning 1)
  select exists (select from taken) as granted, ${LIMITED} as limited,
    coalesce(extract(epoch from blocked_until - ${NOW})::float8, 0) as blocked,
    coalesce((1 - ${FILLED}) / ${RATE}, 0) as missing
  from rate_buckets where scope = $1 and method = $2`;

const epoch = (column: string, name: string): string =>
  `extract(epoch from ${column})::float8 as "${name}"`;

const READ = `
  select per_second as "perSecond", ceiling, tokens, burst, pause_seconds as pause, calls, settled,
    ${epoch('updated_at', 'updatedAt')}, ${epoch('blocked_until', 'blockedUntil')},
    ${epoch('refused_at', 'refusedAt')}, ${epoch('measured_from', 'measuredFrom')},
    ${epoch('grows_from', 'growsFrom')}, ${epoch('clock_timestamp()', 'now')}
  from rate_buckets where scope = $1 and method = $2`;

/** Budgets as rows. All times are the database's, so processes need not agree about the time. */
@Injectable()
export class RateBudgetsRepository {
  /**
   * Takes one call, in one statement; concurrent ones queue at the row.
   * @returns seconds to wait, 0 when it was taken; null when there is no limit
   */
  async take(tx: EntityManager, key: BudgetKey, pacing: Pacing): Promise<number | null> {
    const { perSecond } = pacing;
    const values = [key.scope, key.method, perSecond, burstSeconds(pacing)];
    const [row] = await runPrepared<TakeRow>(tx, TAKE, values);
    if (!row && perSecond !== null) {
      await this.insert(tx, key);
      return this.take(tx, key, pacing);
    }
    if (!row || (!row.granted && !row.limited)) return null;
    // A call taken a moment ago by another process is not yet seen in the wait.
    return row.granted ? 0 : Math.max(0.005, row.blocked, row.missing);
  }

  /** What was learned under one scope counts under another one from now on, too. */
  async adopt(tx: EntityManager, from: string, to: string): Promise<void> {
    await tx.query(
      `insert into rate_buckets (scope, method, tokens, burst, per_second, ceiling, blocked_until,
         updated_at, refused_at, pause_seconds, measured_from, calls, settled, grows_from)
       select $2, method, tokens, burst, per_second, ceiling, blocked_until, updated_at,
         refused_at, pause_seconds, measured_from, calls, settled, grows_from
       from rate_buckets where scope = $1
       on conflict (scope, method) do update set
         blocked_until = greatest(rate_buckets.blocked_until, excluded.blocked_until),
         refused_at = greatest(rate_buckets.refused_at, excluded.refused_at),
         per_second = coalesce(rate_buckets.per_second, excluded.per_second),
         ceiling = coalesce(rate_buckets.ceiling, excluded.ceiling)`,
      [from, to],
    );
  }

  async find(tx: EntityManager, key: BudgetKey): Promise<StateRow | undefined> {
    const rows = await tx.query<StateRow[]>(READ, [key.scope, key.method]);
    return rows[0];
  }

  /** Changes a budget while nobody else can; `change` gets the database's time. */
  async change(
    tx: EntityManager,
    key: BudgetKey,
    change: (state: BudgetState, now: number) => BudgetState,
  ): Promise<StateRow> {
    await this.insert(tx, key);
    const rows = await tx.query<{ scope: string }[]>(
      `select scope from rate_buckets where scope = $1 and method = $2 for update`,
      [key.scope, key.method],
    );
    const found = rows[0] && (await this.find(tx, key));
    if (!found) throw new Error(`the budget of ${key.method} vanished while it was changed`);
    const { now, ...before } = found;
    const state = change(before, now);
    await tx.query(
      `update rate_buckets set per_second = $3, ceiling = $4, tokens = $5, burst = $6,
         pause_seconds = $7, calls = $8, settled = $9, updated_at = to_timestamp($10),
         blocked_until = to_timestamp($11), refused_at = to_timestamp($12),
         measured_from = to_timestamp($13), grows_from = to_timestamp($14)
       where scope = $1 and method = $2`,
      [
        ...[key.scope, key.method, state.perSecond, state.ceiling, state.tokens, state.burst],
        ...[state.pause, state.calls, state.settled, state.updatedAt, state.blockedUntil],
        ...[state.refusedAt, state.measuredFrom, state.growsFrom],
      ],
    );
    return { ...state, now };
  }

  private async insert(tx: EntityManager, { scope, method }: BudgetKey): Promise<void> {
    await tx.query(
      `insert into rate_buckets (scope, method, tokens, updated_at, measured_from, grows_from)
       values ($1, $2, 1, ${NOW}, ${NOW}, ${NOW})
       on conflict (scope, method) do nothing`,
      [scope, method],
    );
  }
}
