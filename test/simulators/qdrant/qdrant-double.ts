import { setTimeout as realDelay } from 'node:timers/promises';
import { serveHttp, type RunningServer } from '../support/http-server.js';
import { ApiServer } from './api/api-server.js';
import { Store } from './engine/store.js';
import { Faults } from './faults.js';
import { RequestRecord, type Violation } from './request-record.js';

export interface QdrantDoubleOptions {
  /** 0 (default) = a free port. */
  readonly port?: number;
  /** Required in the header `api-key` if given. */
  readonly apiKey?: string;
  /**
   * Milliseconds until a write without `wait` is applied, unless one with `wait` comes before;
   * null = not before `settle`. Default 100.
   */
  readonly applyAfterMs?: number | null;
  /** Waits for the fault `slow`; default: real time. */
  readonly delay?: (ms: number) => Promise<void>;
  /** Keeps the bodies of requests and answers in the record. */
  readonly keepBodies?: boolean;
}

const APPLY_AFTER_MS = 100;

/** A running wire double of Qdrant, see the README beside it. */
export class QdrantDouble {
  readonly faults = new Faults();
  readonly record: RequestRecord;
  private readonly store: Store;
  private readonly api: ApiServer;
  private server: RunningServer | null = null;
  private address: string | null = null;

  constructor(private readonly options: QdrantDoubleOptions) {
    const { applyAfterMs = APPLY_AFTER_MS, delay = wait, apiKey = null } = options;
    this.record = new RequestRecord(options.keepBodies ?? false);
    this.store = new Store(applyAfterMs);
    const { faults, record, store } = this;
    this.api = new ApiServer({ store, faults, record, delay, apiKey });
  }

  /** The same through restarts, e.g. `http://127.0.0.1:40123`. */
  get url(): string {
    if (this.address === null) throw new Error('the double was never started');
    return this.address;
  }

  get violations(): readonly Violation[] {
    return this.record.violations;
  }

  /** Applies every acknowledged write. */
  settle(): void {
    this.store.settle();
  }

  /** Connections are cut and new ones refused until `up`. Data stay. */
  async down(): Promise<void> {
    await this.server?.close();
    this.server = null;
  }

  async up(): Promise<void> {
    if (this.server !== null) return;
    const port = this.address === null ? (this.options.port ?? 0) : Number(new URL(this.url).port);
    this.server = await serveHttp(port, (request, response) => this.api.handle(request, response));
    this.address = this.server.url;
  }

  /** The process ends and starts again: connections are cut, acknowledged writes are kept. */
  async restart(): Promise<void> {
    await this.down();
    this.store.settle();
    await this.up();
  }

  /** Everything is lost: collections, aliases and what was acknowledged. */
  wipe(): void {
    this.store.wipe();
  }

  /** Points of a collection or alias, applied ones only. */
  pointCount(collection: string): number {
    return this.store.get(collection).size;
  }

  async close(): Promise<void> {
    await this.down();
    this.store.wipe();
  }
}

export async function startQdrantDouble(options: QdrantDoubleOptions = {}): Promise<QdrantDouble> {
  const double = new QdrantDouble(options);
  await double.up();
  return double;
}

async function wait(ms: number): Promise<void> {
  await realDelay(ms, undefined, { ref: false });
}
