import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesSourceEditor } from '../../connectors/files/files.source-editor.contract.js';
import type { Database } from '../../src/database/database.js';
import { Gate } from './eventually.js';
import { EngineBench } from './fault-matrix/engine-bench.js';
import { aborted } from './fault-matrix/hooked-connector.js';
import type { SyncedSource } from './fault-matrix/synced-source.js';
import { filesHarness } from './files-source.js';

export const CONNECTIONS = '/v1/memory/connections';

/** A running app with one worker and a connection to the folder of the current test. */
export class FilesBench {
  #editor?: FilesSourceEditor;
  #source?: SyncedSource;

  private constructor(readonly engine: EngineBench) {}

  static async start(database: Database): Promise<FilesBench> {
    return new FilesBench(await EngineBench.start(database));
  }

  async attach(): Promise<{ source: SyncedSource; editor: FilesSourceEditor }> {
    const harness = filesHarness();
    this.#editor = harness.editor;
    this.#source = await this.engine.attach(harness);
    return { source: this.#source, editor: harness.editor };
  }

  detach(): Promise<void> {
    return this.engine.detach();
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  request(method: string, path: string, body?: unknown) {
    return this.engine.app.request(method, path, { body });
  }

  sql<Row>(statement: string, parameters: unknown[]): Promise<Row[]> {
    return this.engine.database.asSystem((tx) => tx.query<Row[]>(statement, parameters));
  }

  /** Asks for one more connection: to the same folder and collection, but for what is named. */
  connect(more: Record<string, unknown> = {}) {
    return this.request('POST', CONNECTIONS, {
      provider: 'files',
      config: { path: this.#editor!.path },
      collection: this.#source!.collection,
      schedule: null,
      ...more,
    });
  }

  /** A second connection to the same kind of source, in a collection of its own. */
  async another(): Promise<string> {
    const path = join(this.#editor!.root, 'more');
    mkdirSync(path);
    const made = await this.connect({ config: { path }, collection: `more ${randomUUID()}` });
    expect(made.status).toBe(201);
    return made.body.id as string;
  }

  /** Keeps the one worker busy with a run until the run is stopped or the door is opened. */
  async occupy(): Promise<{ run: string; gate: Gate }> {
    const gate = new Gate();
    this.engine.hooks = {
      async beforePage({ signal }) {
        await Promise.race([gate.pass(), aborted(signal)]);
      },
    };
    const run = await this.#source!.ask();
    await gate.reached;
    return { run, gate };
  }
}
