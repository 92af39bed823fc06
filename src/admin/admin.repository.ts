import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PAUSED_ON_REQUEST } from '../connections/connection-row.js';
import { sampleOf, shareOf, type Sample } from './sampled.js';

export interface ProviderHealthRow {
  readonly provider: string;
  readonly runs: number;
  readonly errors: number;
  readonly last_run: Date | null;
}

export interface MemoryHealthRow {
  readonly total: number;
  readonly current: number;
  readonly archived: number;
  readonly stale: number;
  readonly expired: number;
  readonly share: number;
  readonly supersessions: number;
  readonly supersessions_share: number;
}

export interface AttentionRow {
  readonly id: string;
  readonly tenant: string;
  readonly provider: string;
  readonly name: string;
  readonly status: string;
  readonly since: Date;
  readonly consecutive_errors: number;
  readonly last_success_at: Date | null;
  readonly last_error: string | null;
  readonly held: boolean;
  readonly matching: number;
}

/** The rule of a collection's health (src/memories/curation.repository.ts), over all of them. */
const EXPIRED = `coalesce(m.expires_at <= now(), false)`;
const CURRENT = `m.visible and not ${EXPIRED}`;
const STALE = `${CURRENT} and not m.pinned and m.updated_at < now() - make_interval(days => $1::int)`;

/** Questions of an operator over all tenants: system transactions only. */
@Injectable()
export class AdminRepository {
  /** Every provider with a connection, or a run that ended within the hours. */
  async providerHealth(tx: EntityManager, hours: number): Promise<ProviderHealthRow[]> {
    return tx.query<ProviderHealthRow[]>(
      `select provider, coalesce(r.runs, 0)::int as runs, coalesce(r.errors, 0)::int as errors,
         r.last_run
       from (select distinct provider from connections) c
       full join (
         select provider, count(*) as runs, count(*) filter (where state = 'error') as errors,
           max(finished_at) as last_run
         from runs where finished_at >= now() - make_interval(hours => $1::int)
         group by provider) r using (provider)
       order by provider`,
      [hours],
    );
  }

  async statuses(tx: EntityManager): Promise<{ status: string; n: number }[]> {
    return tx.query<{ status: string; n: number }[]>(
      `select status, count(*)::int as n from connections group by status order by status`,
    );
  }

  async memoryHealth(
    tx: EntityManager,
    staleDays: number,
    sample: Sample,
  ): Promise<MemoryHealthRow> {
    const rows = await tx.query<MemoryHealthRow[]>(
      `select counted.*, ${shareOf('memories', sample)} as share,
         (select count(*)::int from edges ${sampleOf('edges', sample)}
          where kind = 'supersedes') as supersessions,
         ${shareOf('edges', sample)} as supersessions_share
       from (
         select count(*)::int as total,
           (count(*) filter (where ${CURRENT}))::int as current,
           (count(*) filter (where m.archived))::int as archived,
           (count(*) filter (where ${STALE}))::int as stale,
           (count(*) filter (where ${EXPIRED}))::int as expired
         from memories m ${sampleOf('memories', sample)}
         left join documents d on d.id = m.document_id
         where m.document_id is null or d.state in ('pending', 'live', 'suspect')) counted`,
      [staleDays],
    );
    return rows[0]!;
  }

  async failedRuns(tx: EntityManager, hours: number): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select count(*)::int as n from runs
       where finished_at >= now() - make_interval(hours => $1::int) and state = 'error'`,
      [hours],
    );
    return rows[0]!.n;
  }

  /**
   * Connections that do not work, the worst first: those that need credentials, those that gave
   * up, those that a wrong configuration stopped, those that fail at present, held deletions.
   */
  async attention(tx: EntityManager, limit: number): Promise<AttentionRow[]> {
    return tx.query<AttentionRow[]>(
      `with held as (
         select s.connection_id from (
           select distinct connection_id from documents where state = 'suspect') s
         where (select r.held_deletions is not null from runs r
                where r.connection_id = s.connection_id
                order by r.created_at desc, r.id limit 1)),
       worrying as (
         select c.*, h.connection_id is not null as held from connections c
         left join held h on h.connection_id = c.id
         where c.status in ('needs_auth', 'error') or c.consecutive_errors > 0
           or (c.status = 'paused' and c.status_reason is distinct from $2)
           or h.connection_id is not null)
       select w.id, w.tenant_id as tenant, w.provider, w.name, w.status, w.status_since as since,
         w.consecutive_errors, w.last_success_at, w.held,
         (select r.error_detail->>'code' from runs r
          where r.connection_id = w.id order by r.created_at desc, r.id limit 1) as last_error,
         (count(*) over ())::int as matching
       from worrying w
       order by array_position(array['needs_auth', 'error', 'paused', 'active'], w.status),
         w.consecutive_errors desc, w.status_since, w.id
       limit $1`,
      [limit, PAUSED_ON_REQUEST],
    );
  }
}
