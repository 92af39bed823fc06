import type { Client, ClientBase } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { type Clock, hasPassed, SystemClock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { isRetriable, translateDatabaseError } from './database-errors.js';
import type { RunStatement } from './embedded/maintenance.js';
import { setClient } from './prepared-statement.js';
import { type GateRequest, PriorityGate } from './priority-gate.js';
import { openForTenant, type RowLevelSecurity } from './row-level-security.js';
import { insideTransaction, outsideTransaction, transactionScope } from './transaction-scope.js';

export interface TransactionOptions extends GateRequest {
  /**
   * `early`: with the result of the work, before the database has answered COMMIT. For work that
   * only reads, mostly by prepared statements, and that somebody waits for: of what it writes
   * nothing is sure to stay.
   */
  answers?: 'early';
}

type Work<T> = (tx: EntityManager) => Promise<T>;

const RETRIES = 3;
const START = 'START TRANSACTION';
/**
 * Somebody waits for the statements of these transactions, and they stay prepared. Planning them
 * took as long as running them, and a plan made for small tables has to do for large ones.
 */
const PLANNED_ONCE =
  '; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off';
const SHORT_LOCK_WAITS = "; SET LOCAL lock_timeout = '100ms'";
/** After a failure beside a transaction, or of any connection, nothing runs beside others for so long. */
const PAUSE_MS = 30_000;
const ONE_SESSION = 'The embedded database has one session, that of its owner.';

export interface DatabaseParts {
  mode: 'embedded' | 'server';
  dataSource: DataSource;
  /** Connections: 1 in embedded mode, the size of the pool on a server. */
  connections: number;
  clock?: Clock;
  /** Default: off, as in embedded mode. */
  rowLevelSecurity?: RowLevelSecurity;
  /** Ends timers that use the database; called before its last transactions are awaited. */
  stopTimers?: () => Promise<void>;
  /** Ends what the connections lead to; called when the last one is closed. */
  stopEngine?: () => Promise<void>;
}

/** How large a transaction of background work may be, in chunks. */
export interface BatchSizes {
  /** Of those that write chunks with their words and vectors. */
  readonly writeBatch: number;
  /** Of those that only label, hide or remove chunks, which costs a tenth. */
  readonly lightBatch: number;
}

/**
 * The only way to the rows: every statement of a feature runs in a transaction opened here.
 *
 * A transaction costs BEGIN, its work and COMMIT. On a serialization failure or a deadlock it is
 * run again, up to three times, so its work must change nothing but rows. It must not call a
 * network either: in embedded mode everybody waits for it.
 */
export class Database implements BatchSizes {
  readonly mode: 'embedded' | 'server';
  readonly writeBatch: number;
  readonly lightBatch: number;
  readonly rowLevelSecurity: RowLevelSecurity;
  /** Told how long each transaction waited for its turn, in milliseconds. */
  onWaited?: (priority: 'interactive' | 'background', ms: number) => void;
  /** Told of each transaction that could not be ended after it had answered early. */
  onLateFailure?: (error: unknown) => void;
  /** Told of failures beside transactions, which go on without; of the first one in a while. */
  onSpareFailure?: (error: unknown) => void;
  private readonly dataSource: DataSource;
  private readonly clock: Clock;
  private readonly gate: PriorityGate;
  /** When a connection failed, and when one beside a transaction was told of last. */
  private failedAt?: number;
  private toldAt?: number;
  private closing?: Promise<void>;

  constructor(private readonly parts: DatabaseParts) {
    this.mode = parts.mode;
    // 25 chunks hold the one embedded session for about 50 ms, during which searches wait.
    this.writeBatch = parts.mode === 'embedded' ? 25 : 200;
    this.lightBatch = 10 * this.writeBatch;
    this.rowLevelSecurity = parts.rowLevelSecurity ?? { state: 'off', reason: ONE_SESSION };
    this.dataSource = parts.dataSource;
    this.clock = parts.clock ?? new SystemClock();
    this.gate = new PriorityGate(parts.connections, this.clock);
  }

  /**
   * Runs `work` in a transaction on behalf of a tenant. With row level security it sees and changes
   * rows of that tenant only, whatever its statements say.
   * @throws AppError `database_busy`, `database_unavailable`, `disk_full`, `shutting_down`; other
   *   errors of the work and of the driver as they are. Nothing is stored then.
   */
  async inTenant<T>(tenant: string, work: Work<T>, options?: TransactionOptions): Promise<T> {
    return this.transaction(this.openingFor(tenant), work, options);
  }

  /** The same across tenants: only where the import rules allow it (test/unit/import-rules.spec.ts). */
  async asSystem<T>(work: Work<T>, options?: TransactionOptions): Promise<T> {
    return this.transaction(START, work, options);
  }

  /**
   * Runs work that only reads on another connection, while the caller's transaction goes on, of
   * whose changes it sees nothing. It takes no connection that somebody waits for, and waits 100 ms
   * at most for a lock: who is in front of it there may wait for the caller, of which PostgreSQL
   * cannot know that it waits for this. It is not run again.
   * @returns undefined unless `canReadBeside`
   */
  beside<T>(tenant: string, work: Work<T>): Promise<T> | undefined {
    if (!this.canReadBeside) return undefined;
    const opening = this.openingFor(tenant) + SHORT_LOCK_WAITS;
    const once = { answers: 'early', retries: 0 } as const;
    return outsideTransaction(() => this.transaction(opening, work, once)).catch(
      (error: unknown) => {
        this.connectionFailed();
        if (this.isPauseOver(this.toldAt)) {
          this.toldAt = this.failedAt;
          this.onSpareFailure?.(error);
        }
        throw error;
      },
    );
  }

  /**
   * Whether a connection is to spare for `beside`: never in embedded mode, nor for 30 s after any
   * one has failed.
   */
  get canReadBeside(): boolean {
    return this.gate.hasRoomToWait && this.isPauseOver(this.failedAt);
  }

  /** Whether a transaction may begin that will wait for others. */
  get hasRoomToWait(): boolean {
    return this.gate.hasRoomToWait;
  }

  /** @throws AppError when the database does not answer. */
  async ping(): Promise<void> {
    await this.alone((run) => run('select 1'), {});
  }

  /**
   * One statement outside any transaction, e.g. VACUUM, behind everybody's requests.
   * @param settings of the session, for this statement only, e.g. `maintenance_work_mem`
   */
  maintain(
    sql: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, unknown>[]> {
    return this.withPlace({ priority: 'background' }, async () => {
      const runner = this.dataSource.createQueryRunner();
      try {
        for (const [name, value] of Object.entries(settings))
          await runner.query('select set_config($1, $2, false)', [name, value]);
        return (await runner.query(sql)) as Record<string, unknown>[];
      } finally {
        // A broken connection has released its runner, and its settings with it.
        if (!runner.isReleased)
          for (const name of Object.keys(settings)) await runner.query(`reset ${name}`);
        await runner.release();
      }
    });
  }

  /**
   * Runs `work` while nobody else uses the database; only embedded mode can tell.
   * Its requests wait, the interactive ones up to 5 s.
   */
  async hold<T>(work: (run: RunStatement) => Promise<T>): Promise<T> {
    if (this.mode !== 'embedded') throw new Error('Only the embedded database can be held.');
    return this.alone(work, { priority: 'background' });
  }

  /** Refuses new transactions, awaits those under way, then closes everything. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeInOrder();
    return this.closing;
  }

  private openingFor(tenant: string): string {
    if (tenant === '') throw new Error('inTenant needs a tenant; across tenants use asSystem.');
    return this.rowLevelSecurity.state === 'on' ? openForTenant(tenant) : START;
  }

  private isPauseOver(moment: number | undefined): boolean {
    return moment === undefined || hasPassed(PAUSE_MS, moment, this.clock.now().getTime());
  }

  private failedLate(error: unknown): void {
    if (isUnavailable(translateDatabaseError(error))) this.connectionFailed();
    this.onLateFailure?.(error);
  }

  /** Where connections fail, a second one may be what somebody else lacks. */
  private connectionFailed(): void {
    this.failedAt = this.clock.now().getTime();
  }

  private async closeInOrder(): Promise<void> {
    try {
      await this.parts.stopTimers?.();
      await this.gate.close();
      await this.dataSource.destroy();
    } finally {
      await this.parts.stopEngine?.();
    }
  }

  private async transaction<T>(
    opening: string,
    work: Work<T>,
    options?: TransactionOptions & { readonly retries?: number },
  ): Promise<T> {
    const { retries = RETRIES } = options ?? {};
    const early = options?.answers === 'early';
    const first = early ? opening + PLANNED_ONCE : opening;
    return this.withPlace(options, async (keepPlace) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { result, ended } = await this.attempt(first, work, early);
          if (early) keepPlace(ended.catch((error: unknown) => this.failedLate(error)));
          else await ended;
          return result;
        } catch (error) {
          if (attempt > retries || !isRetriable(error)) throw error;
          await this.clock.sleep(10 * 2 ** attempt * Math.random());
        }
      }
    });
  }

  /** @returns the result of the work once it is there; `ended` tells whether it is stored */
  private async attempt<T>(
    opening: string,
    work: Work<T>,
    early: boolean,
  ): Promise<{ readonly result: T; readonly ended: Promise<void> }> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as Client;
      if (early) sendTogether(client);
      const { begun } = await start(runner, client, opening);
      setClient(runner.manager, client);
      const result = await transactionScope(() => work(runner.manager)).finally(() => begun);
      return { result, ended: end(runner) };
    } catch (error) {
      await rollBack(runner, error).finally(() => runner.release());
      throw error;
    }
  }

  private alone<T>(work: (run: RunStatement) => Promise<T>, options: GateRequest): Promise<T> {
    const run: RunStatement = (sql) => this.dataSource.query(sql);
    return this.withPlace(options, () => work(run));
  }

  /** @param work may keep its place for longer than it takes */
  private async withPlace<T>(
    options: GateRequest | undefined,
    work: (keepPlace: (until: Promise<void>) => void) => Promise<T>,
  ): Promise<T> {
    if (insideTransaction()) {
      throw new Error(
        'A transaction was opened inside another one; hand its EntityManager on instead.',
      );
    }
    const asked = performance.now();
    const leave = await this.gate.enter(options);
    let until: Promise<void> | undefined;
    this.onWaited?.(options?.priority ?? 'interactive', performance.now() - asked);
    try {
      return await work((ended) => {
        until = ended;
      });
    } catch (error) {
      const translated = translateDatabaseError(error);
      if (isUnavailable(translated)) this.connectionFailed();
      throw translated;
    } finally {
      if (until) void until.then(leave, leave);
      else leave();
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database_unavailable';
}

/**
 * TypeORM opens a transaction by START TRANSACTION alone, and waits. What must stand beside it goes
 * with it, in one message, and the first statements of the work follow without a wait for the
 * answer: a round trip more would be felt by thousands of transactions. Where a part of the
 * message fails the transaction is aborted, so nothing that follows it runs.
 * @returns once the message is on its way; `begun` tells of its answer
 */
async function start(
  runner: QueryRunner,
  client: Client,
  opening: string,
): Promise<{ readonly begun: Promise<void> }> {
  const send = runner.query.bind(runner);
  const sent = new Promise<void>((resolve) => {
    runner.query = () => {
      runner.query = send;
      // Nobody looks at the answer.
      const answer = client.query(opening) as Promise<never>;
      resolve();
      return answer;
    };
  });
  const begun = runner.startTransaction();
  // Whoever waits for the work hears of it.
  begun.catch(() => undefined);
  await Promise.race([sent, begun]);
  return { begun };
}

/**
 * COMMIT of an aborted transaction rolls back and reports success, which TypeORM passes on; only
 * the command tag tells (https://www.postgresql.org/docs/current/sql-commit.html).
 */
async function commit(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as ClientBase;
  const { command } = await client.query('COMMIT');
  if (command === 'COMMIT') return;
  throw new Error('A statement of the transaction failed and its error was ignored.');
}

/** What is sent before the event loop goes on leaves as one message, which saves system calls. */
function sendTogether({ connection: { stream } }: Client): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}

async function end(runner: QueryRunner): Promise<void> {
  try {
    await commit(runner);
  } catch (error) {
    await rollBack(runner, error);
    throw error;
  } finally {
    await runner.release();
  }
}

async function rollBack(runner: QueryRunner, reason: unknown): Promise<void> {
  // TypeORM lets a runner go when its connection breaks; the server then rolls back by itself.
  if (runner.isReleased) throw connectionLost(reason);
  if (!runner.isTransactionActive) return;
  try {
    await runner.rollbackTransaction();
  } catch (error) {
    throw connectionLost(new AggregateError([reason, error]));
  }
}

function connectionLost(reason: unknown): AppError {
  const known = translateDatabaseError(reason);
  if (known instanceof AppError) return known;
  const options = { retryAfter: 1, cause: reason };
  return new AppError('database_unavailable', 'The connection to the database broke.', options);
}
