import { registryOf } from '../../connectors/registry.js';
import type { Database } from '../../src/database/database.js';
import { RunWakeup } from '../../src/runs/run-wakeup.js';
import type { RunDetailAnswer } from '../../src/runs/runs.schema.js';
import { flaws, storedDocuments, type StoredDocument } from './fault-matrix/stored-documents.js';
import { startApp, type TestApp } from './http-app.js';
import type { ScriptedSource } from './scripted-source.js';
import { holdWaitingRuns, settledRun } from './settled-run.js';

/** A running app with a connection to a scripted source of the current test. */
export class ScriptedSourceBench {
  #app?: TestApp;
  #source?: ScriptedSource;
  #connection?: string;

  private constructor(readonly database: Database) {}

  static async start(
    database: Database,
    env: Record<string, string> = {},
  ): Promise<ScriptedSourceBench> {
    const bench = new ScriptedSourceBench(database);
    const connectors = {
      get: (provider: string) => (provider === 'scripted' ? bench.#source?.connector : undefined),
      list: () => registryOf(bench.#source ? [bench.#source.connector] : []).list(),
    };
    bench.#app = await startApp({ database, connectors, env });
    holdWaitingRuns(bench.#app);
    return bench;
  }

  get app(): TestApp {
    return this.#app!;
  }

  get connection(): string {
    return this.#connection!;
  }

  async attach(source: ScriptedSource, settings: Record<string, unknown> = {}): Promise<void> {
    this.#source = source;
    const body = { provider: 'scripted', collection: 'scripted', schedule: null, ...settings };
    const created = await this.app.request('POST', '/v1/memory/connections', { body });
    this.#connection = created.body.id;
  }

  async detach(): Promise<void> {
    await this.app.request('DELETE', `/v1/memory/connections/${this.connection}?purge=true`);
  }

  close(): Promise<void> {
    return this.app.close();
  }

  post(path: string, body: Record<string, unknown> = {}) {
    const url = `/v1/memory/connections/${this.connection}/${path}`;
    return this.app.request('POST', url, { body });
  }

  async get(path = '') {
    return (await this.app.request('GET', `/v1/memory/connections/${this.connection}${path}`)).body;
  }

  /** The run once it is neither queued nor running, in this attempt or a later one. */
  settled(id: string, attempt = 1): Promise<RunDetailAnswer> {
    return settledRun(this.app, id, attempt);
  }

  async ask(body: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post('sync?wait=false', body);
    if (answer.status !== 202) throw new Error(answer.text);
    return answer.body.run_id as string;
  }

  /** Syncs until the run ends or parks. */
  async sync(body: Record<string, unknown> = {}): Promise<RunDetailAnswer> {
    return this.settled(await this.ask(body));
  }

  /** The time of a parked run comes; until it ends or parks again. */
  async goOn(run: RunDetailAnswer): Promise<RunDetailAnswer> {
    await this.database.asSystem((tx) =>
      tx.query(`update runs set run_at = now() where id = $1`, [run.id]),
    );
    this.app.nest.get(RunWakeup).notify();
    return this.settled(run.id, run.attempt + 1);
  }

  /** Visible text by external id, after making sure that the rows are sound. */
  async index(): Promise<Record<string, string>> {
    const wrong = Object.entries(await flaws(this.database, this.connection));
    expect(wrong.filter(([, count]) => count > 0)).toEqual([]);
    const visible = (await this.stored()).filter(({ visibleText }) => visibleText !== null);
    return Object.fromEntries(visible.map((one) => [one.externalId, one.visibleText!]));
  }

  stored(): Promise<StoredDocument[]> {
    return storedDocuments(this.database, this.connection);
  }

  sql<Row>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.asSystem((tx) => tx.query<Row[]>(statement, parameters));
  }
}
