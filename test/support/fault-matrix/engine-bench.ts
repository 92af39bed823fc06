import type { ConformanceHarness } from '../../../connectors/sdk/conformance/harness.contract.js';
import type { LaneDefinition } from '../../../connectors/sdk/contract.js';
import type { ConnectorRegistry } from '../../../connectors/registry.js';
import type { Database } from '../../../src/database/database.js';
import { startApp, type TestApp } from '../http-app.js';
import { holdWaitingRuns } from '../settled-run.js';
import { ShiftedClock } from '../shifted-clock.js';
import { hooked, type ConnectorHooks } from './hooked-connector.js';
import { SyncedSource } from './synced-source.js';

const API_KEY = 'bootstrap-key-of-the-fault-matrix';

/**
 * A running app on a database that outlives it, whose connector is that of the current test. The
 * app is started once, since that takes far longer than any of the tests.
 */
export class EngineBench {
  readonly clock = new ShiftedClock();
  /** What the current test does while its connector is at work; emptied between tests. */
  hooks: ConnectorHooks = {};
  private source?: ConformanceHarness;
  private attached?: SyncedSource;
  #app?: TestApp;

  private constructor(readonly database: Database) {}

  static async start(database: Database): Promise<EngineBench> {
    const bench = new EngineBench(database);
    await bench.startApp();
    return bench;
  }

  /** Lanes of the connector under test. */
  get lanes(): readonly LaneDefinition[] {
    return this.source?.connector.lanes ?? [];
  }

  get app(): TestApp {
    return this.#app!;
  }

  /** A connection to a source, in a collection of its own. */
  async attach(source: ConformanceHarness): Promise<SyncedSource> {
    this.source = source;
    this.attached = await SyncedSource.attach(this, source);
    return this.attached;
  }

  /** Forgets the source of a test. */
  async detach(): Promise<void> {
    this.hooks = {};
    await this.attached?.detach();
    await this.source?.dispose();
    this.attached = undefined;
    this.source = undefined;
  }

  /** As on a deployment: the worker is drained, then a new process starts on the database. */
  async restart(): Promise<void> {
    await this.app.close();
    await this.startApp();
  }

  /** A second process beside the first one, with hooks of its own (server mode only). */
  startAnother(hooks: ConnectorHooks): Promise<TestApp> {
    return this.open(() => hooks);
  }

  async close(): Promise<void> {
    await this.#app?.close();
  }

  private async startApp(): Promise<void> {
    this.#app = await this.open(() => this.hooks);
  }

  private async open(hooks: () => ConnectorHooks): Promise<TestApp> {
    const connectors: ConnectorRegistry = {
      get: (provider) => {
        const connector = this.source?.connector;
        return connector?.provider === provider ? hooked(connector, hooks) : undefined;
      },
      list: () => (this.source ? [this.source.connector] : []),
    };
    const app = await startApp({
      database: this.database,
      clock: this.clock,
      connectors,
      // One slot: a worker that is stuck cannot claim its own run a second time.
      env: { TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY, TRIBUTARY_WORKER_SLOTS: '1' },
    });
    holdWaitingRuns(app);
    return app;
  }
}
