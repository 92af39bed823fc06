import { dirname } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { PoolConfig } from 'pg';
import { AppError } from '../../common/errors/app-error.js';
import { makeFolder } from '../../common/make-folder.js';
import { sentence } from '../../common/sentence.js';
import { dataPaths, markComplete } from './data-directory.js';
import { ensureFreeSpace, type MeasureFreeSpace, MINIMUM_FREE_BYTES } from './free-space.js';
import { PgliteThread } from './pglite-thread.js';
import { PortStream } from './port-stream.js';
import { wayBack } from './way-back.js';

export interface EmbeddedPostgresOptions {
  /** Hears each time the engine breaks down, e.g. on a full disk; the next request reopens it. */
  onFailure?: (error: AppError) => void;
  measureFreeSpace?: MeasureFreeSpace;
}

/**
 * PGlite with pgvector in a worker thread, spoken to by stock `pg`. On the main thread it would
 * starve the event loop: inserting into an index blocks for seconds.
 *
 * Survives a kill of the process, not a power cut: PGlite never calls fsync.
 */
export class EmbeddedPostgres {
  private readonly streams = new Set<PortStream>();
  private thread?: Promise<PgliteThread>;
  /** The last thread's end: two engines on the same files lose rows. */
  private gone: Promise<unknown> = Promise.resolve();
  /** Why it opens no more. */
  private ended?: AppError;

  private constructor(
    private readonly folder: string,
    private readonly options: EmbeddedPostgresOptions,
  ) {}

  /**
   * Opens (or creates) the database in `folder`; the caller owns the directory lock.
   * @throws AppError `disk_full`, or `database_unavailable` when PGlite cannot open the files.
   */
  static async start(
    folder: string,
    options: EmbeddedPostgresOptions = {},
  ): Promise<EmbeddedPostgres> {
    await makeFolder(folder);
    const postgres = new EmbeddedPostgres(folder, options);
    try {
      await postgres.running();
      await markComplete(folder);
      return postgres;
    } catch (error) {
      await postgres.kill('it could not be started');
      throw await withWayBack(error, folder);
    }
  }

  /** Options for a `pg` pool. There is one session, so never more than one connection. */
  get pool(): PoolConfig {
    return {
      stream: () => this.openStream(),
      ssl: false,
      user: 'postgres',
      database: 'postgres',
      password: 'none',
      max: 1,
      idleTimeoutMillis: 0,
      // Covers a recovery: the engine is reopened by whoever connects.
      connectionTimeoutMillis: 60_000,
    };
  }

  /**
   * Checkpoints and ends the thread; the pool must be closed before.
   * @throws AppError `database_unavailable` when that fails, e.g. on a full disk. Nothing is lost
   *   then: the next start recovers.
   */
  async close(): Promise<void> {
    const thread = await this.end('it was closed');
    await thread?.close();
  }

  /** Ends the thread at once, as a kill would: when the data directory has another owner. */
  async kill(reason: string): Promise<void> {
    const thread = await this.end(reason);
    for (const stream of this.streams) stream.destroy(this.ended);
    await thread?.terminate();
  }

  private async end(reason: string): Promise<PgliteThread | undefined> {
    const message = sentence(`The embedded database has ended: ${reason}`);
    this.ended ??= new AppError('database_unavailable', message);
    const thread = this.thread;
    this.thread = undefined;
    if (!thread) await this.gone;
    return thread;
  }

  private running(): Promise<PgliteThread> {
    if (this.ended) return Promise.reject(this.ended);
    this.thread ??= this.open().catch((error: unknown) => {
      this.thread = undefined;
      throw error;
    });
    return this.thread;
  }

  private async open(): Promise<PgliteThread> {
    await this.gone;
    await ensureFreeSpace(this.folder, MINIMUM_FREE_BYTES, this.options.measureFreeSpace);
    const thread = await PgliteThread.start(this.folder, (failure) => {
      this.thread = undefined;
      for (const stream of this.streams) stream.destroy(failure);
      this.options.onFailure?.(failure);
    });
    this.gone = thread.exited;
    return thread;
  }

  private openStream(): PortStream {
    const stream = new PortStream(() => this.openPort());
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    return stream;
  }

  private async openPort(): Promise<MessagePort> {
    const thread = await this.running();
    const { port1, port2 } = new MessageChannel();
    thread.connect(port2);
    return port1;
  }
}

/** Files that cannot be opened at a start are most likely damaged. */
async function withWayBack(error: unknown, folder: string): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'database_unavailable') return error;
  const way = await wayBack(dataPaths(dirname(folder)).backups);
  return way === null
    ? error
    : new AppError(error.code, `${error.message} ${way}`, { cause: error });
}
