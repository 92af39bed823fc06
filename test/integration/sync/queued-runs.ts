import { randomUUID } from 'node:crypto';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import type { RunCaps } from '../../../src/runs/queue-order.js';
import { RunQueue, type ClaimedRun } from '../../../src/runs/run-queue.js';
import type { ReapedRun } from '../../../src/runs/run-reaping.js';
import type { RunRow } from '../../../src/runs/run-row.js';
import type { Trigger } from '../../../src/runs/run-state.js';
import { RunsRepository } from '../../../src/runs/runs.repository.js';

/** A tenant with connections whose runs are queued and claimed without any worker. */
export class QueuedRuns {
  readonly queue: RunQueue;
  readonly runs = new RunsRepository();
  readonly tenant = randomUUID();
  private readonly collection = randomUUID();

  private constructor(
    readonly database: Database,
    maxRuns: RunCaps,
  ) {
    this.queue = new RunQueue(database, new BackgroundDatabase(database), { maxRuns });
  }

  /** Nothing but what the test makes is in the queue. */
  static async prepare(
    database: Database,
    caps: RunCaps = { perTenant: 100, perProvider: 100 },
  ): Promise<QueuedRuns> {
    const made = await QueuedRuns.ofAnotherTenant(database, caps);
    await made.sql(`delete from runs`);
    return made;
  }

  /** In the queue of the others. */
  static async ofAnotherTenant(database: Database, caps: RunCaps): Promise<QueuedRuns> {
    const made = new QueuedRuns(database, caps);
    await made.sql(`insert into tenants (id, name) values ($1, 'queue')`, [made.tenant]);
    await made.sql(
      `insert into embedding_spaces (model, dimensions) values ('test', 4) on conflict do nothing`,
    );
    await made.sql(
      `insert into collections (id, tenant_id, name, space_id)
       select $1, $2, 'notes', id from embedding_spaces where model = 'test'`,
      [made.collection, made.tenant],
    );
    return made;
  }

  async connection(): Promise<string> {
    const id = randomUUID();
    await this.sql(
      `insert into connections (id, tenant_id, provider, account_id, name, collection_id)
       values ($1, $2, 'files', $1::uuid::text, 'Notes', $3)`,
      [id, this.tenant, this.collection],
    );
    return id;
  }

  enqueue(connection: string, trigger: Trigger = 'manual', provider = 'files') {
    return this.database.inTenant(this.tenant, (tx) =>
      this.runs.enqueue(tx, this.tenant, {
        ...{ id: randomUUID(), connection, trigger, provider, options: {} },
      }),
    );
  }

  /** A run of a connection of its own. */
  async queued(trigger: Trigger = 'manual', provider = 'files'): Promise<string> {
    return (await this.enqueue(await this.connection(), trigger, provider)).id;
  }

  claim(owner = 'worker'): Promise<ClaimedRun | undefined> {
    return this.queue.claim(owner, randomUUID());
  }

  /** A run that somebody works on. */
  async claimed(): Promise<ClaimedRun> {
    await this.queued();
    return (await this.claim())!;
  }

  fence(run: ClaimedRun): Promise<void> {
    return this.database.asSystem((tx) => this.queue.fence(tx, run));
  }

  release(
    run: ClaimedRun,
    to: Parameters<RunQueue['release']>[2],
    outcome: Partial<Parameters<RunQueue['release']>[3]> = {},
  ): Promise<void> {
    return this.database.asSystem((tx) =>
      this.queue.release(tx, run, to, { attemptOutcome: to, ...outcome }),
    );
  }

  yield(run: ClaimedRun): Promise<void> {
    return this.release(run, 'queued', { attemptOutcome: 'yielded', toTheEnd: true });
  }

  reap(alive: readonly string[] = []): Promise<ReapedRun[]> {
    return this.database.asSystem((tx) => this.queue.reap(tx, alive));
  }

  /**
   * A page comes home, as an engine would commit it: a second after the attempts so far began, a
   * second before the next one, as times of PGlite are whole milliseconds.
   */
  async commitPage(run: string): Promise<void> {
    await this.sql(
      `insert into run_partitions (run_id, partition_key, lane) values ($1, '.', 'sweep')
       on conflict (run_id, partition_key, lane) do update set updated_at = now()`,
      [run],
    );
    await this.sql(
      `update run_attempts set started_at = started_at - interval '2 s' where run_id = $1`,
      [run],
    );
    await this.sql(`update runs set progressed_at = now() - interval '1 s' where id = $1`, [run]);
  }

  cancel(run: string): Promise<boolean> {
    return this.database.inTenant(this.tenant, (tx) =>
      this.runs.requestCancel(tx, this.tenant, run),
    );
  }

  async row(id: string): Promise<RunRow> {
    const [row] = await this.sql<RunRow>(`select * from runs where id = $1`, [id]);
    return row!;
  }

  async outcomes(run: string): Promise<(string | null)[]> {
    const rows = await this.sql<{ outcome: string | null }>(
      `select outcome from run_attempts where run_id = $1 order by attempt`,
      [run],
    );
    return rows.map(({ outcome }) => outcome);
  }

  /** The lease of a run ends, as after six seconds without a heartbeat. */
  async expire(run: string): Promise<void> {
    await this.sql(`update runs set lease_until = now() - interval '1 ms' where id = $1`, [run]);
  }

  async runAt(run: string, offset: string): Promise<void> {
    await this.sql(`update runs set run_at = now() + $2::interval where id = $1`, [run, offset]);
  }

  sql<Row>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.asSystem((tx) => tx.query<Row[]>(statement, parameters));
  }
}
