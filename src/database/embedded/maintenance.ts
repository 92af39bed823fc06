import { hasPassed, type Clock } from '../../common/clock.js';
import type { Timers } from '../timers.js';

const TICK_MS = 5_000;
const CHECKPOINT_MS = 60_000;
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
const VACUUM_MS = 600_000;

const WAL_POSITION = `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes`;

/** The thresholds of a server's autovacuum; a table without statistics has reltuples -1. */
const CHANGED_TABLES = `
  select s.relid::regclass::text as name
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
      or (c.reltuples < 0 and pg_relation_size(c.oid) > 0)`;
const DEAD_TABLES = `
  select s.relid::regclass::text as name
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where s.n_dead_tup > 50 + 0.1 * greatest(c.reltuples, 0)
      or s.n_ins_since_vacuum > 1000 + 0.2 * greatest(c.reltuples, 0)`;
const ALL_TABLES = `select relid::regclass::text as name from pg_stat_user_tables`;

/** Runs one statement outside any transaction, behind the requests of people. */
export type RunStatement = (sql: string) => Promise<Record<string, unknown>[]>;

/**
 * What a server's background processes do and PGlite lacks: without checkpoints its log grows for
 * ever, without VACUUM dead rows stay, without ANALYZE the planner guesses.
 */
export class Maintenance {
  private cancel?: () => void;
  private running: Promise<void> = Promise.resolve();
  private busy = false;
  private stopped = false;
  private checkpointedAt: number;
  private checkpointedBytes = 0;
  private vacuumedAt: number;
  private vacuumedOnce = false;

  constructor(
    private readonly run: RunStatement,
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {
    this.checkpointedAt = this.vacuumedAt = clock.now().getTime();
  }

  start(timers: Timers): void {
    this.cancel = timers.every(TICK_MS, () => {
      if (this.busy) return;
      this.busy = true;
      this.running = this.tick()
        .catch(this.onError)
        .finally(() => (this.busy = false));
    });
  }

  /** Resolves when the statement under way has ended; no other one follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }

  /** Does what is due. */
  async tick(): Promise<void> {
    const now = this.clock.now().getTime();
    const written = (await this.walPosition()) - this.checkpointedBytes;
    const minute = hasPassed(CHECKPOINT_MS, this.checkpointedAt, now);
    if (minute) this.checkpointedAt = now;
    if (written > 0 && (minute || written >= CHECKPOINT_BYTES)) {
      await this.run('CHECKPOINT');
      this.checkpointedBytes = await this.walPosition();
    }
    if (minute) await this.forEachTable(CHANGED_TABLES, 'ANALYZE');
    if (hasPassed(VACUUM_MS, this.vacuumedAt, now)) {
      this.vacuumedAt = now;
      // The counters start from zero with the process, so the first round visits every table.
      await this.forEachTable(this.vacuumedOnce ? DEAD_TABLES : ALL_TABLES, 'VACUUM (ANALYZE)');
      this.vacuumedOnce = true;
    }
  }

  /** Table by table: searches get their turn between two of them. */
  private async forEachTable(query: string, command: string): Promise<void> {
    for (const { name } of await this.run(query)) {
      if (this.stopped) return;
      await this.run(`${command} ${String(name)}`);
    }
  }

  private async walPosition(): Promise<number> {
    const [row] = await this.run(WAL_POSITION);
    return Number(row!.bytes);
  }
}
