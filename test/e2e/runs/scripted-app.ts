import type { Connector } from '../../../connectors/sdk/contract.js';
import type { Clock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import { RunWakeup } from '../../../src/runs/run-wakeup.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { ScriptedSource } from '../../support/scripted-source.js';
import { holdWaitingRuns, settledRun } from '../../support/settled-run.js';

/** A running app whose only connector says what the current test wrote. */
export class ScriptedApp {
  source = new ScriptedSource();
  /** What the connector does otherwise than the scripted source. */
  changes: Partial<Connector> = {};
  connection = '';

  private constructor(
    readonly database: Database,
    readonly app: TestApp,
  ) {}

  static async start(
    database: Database,
    options: { clock?: Clock; env?: Record<string, string> } = {},
  ): Promise<ScriptedApp> {
    const holder: { scripted?: ScriptedApp } = {};
    const connector = (): Connector => {
      const { source, changes } = holder.scripted!;
      return { ...source.connector, ...changes };
    };
    const connectors = {
      get: (provider: string) => (provider === 'scripted' ? connector() : undefined),
      list: () => [connector()],
    };
    const app = await startApp({ database, connectors, ...options });
    holdWaitingRuns(app);
    holder.scripted = new ScriptedApp(database, app);
    return holder.scripted;
  }

  /** A fresh source and a connection to it. */
  async attach(): Promise<void> {
    this.source = new ScriptedSource();
    this.changes = {};
    const body = { provider: 'scripted', collection: 'scripted', schedule: null };
    const created = await this.request('POST', '/v1/memory/connections', body);
    this.connection = created.body.id;
  }

  async detach(): Promise<void> {
    await this.request('DELETE', `/v1/memory/connections/${this.connection}?purge=true`);
  }

  request(method: string, path: string, body?: unknown) {
    return this.app.request(method, path, { body });
  }

  sql<T = unknown>(statement: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.asSystem((tx) => tx.query<T[]>(statement, parameters));
  }

  /** Asks for a run and does not wait for it. */
  async ask(): Promise<string> {
    const path = `/v1/memory/connections/${this.connection}/sync?wait=false`;
    const answer = await this.request('POST', path);
    if (answer.status !== 202) throw new Error(answer.text);
    return answer.body.run_id;
  }

  /** A run that nobody works on now: ended or parked. */
  settled(id: string): Promise<RunDetailAnswer> {
    return settledRun(this.app, id);
  }

  async sync(): Promise<RunDetailAnswer> {
    return this.settled(await this.ask());
  }

  /** Ends the wait of a parked run. */
  async goOn(id: string): Promise<void> {
    await this.sql(`update runs set run_at = now() where id = $1`, [id]);
    this.app.nest.get(RunWakeup).notify();
  }
}
