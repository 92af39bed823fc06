import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { PoolConfig } from 'pg';
import { compiled } from '../../common/compiled.js';
import { AppError } from '../../common/errors/app-error.js';
import type { FromPglite, ToPglite } from './pglite-messages.js';
import { PortStream } from './port-stream.js';

/**
 * PGlite with pgvector in a worker thread, spoken to by stock `pg`. On the main thread it would
 * starve the event loop: inserting into an index blocks for seconds.
 *
 * Survives a kill of the process, not a power cut: PGlite never calls fsync.
 */
export class EmbeddedPostgres {
  private readonly streams = new Set<PortStream>();
  private readonly exited: Promise<number>;
  private failure?: Error;
  private closing = false;

  private constructor(
    private readonly worker: Worker,
    private readonly onFailure: (error: AppError) => void,
  ) {
    this.exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('error', (error) => this.breakDown(error.message));
    worker.on('message', (message: FromPglite) => {
      if (message.kind === 'failed') this.breakDown(message.message);
    });
    void this.exited.then(() => {
      if (!this.closing) this.breakDown('the database thread ended');
    });
  }

  /**
   * Opens (or creates) the database in `folder`; the caller owns the directory lock.
   * @param onFailure hears once when the engine breaks down later; the process should then end.
   * @throws AppError `database_unavailable` when PGlite cannot open the files.
   */
  static async start(
    folder: string,
    onFailure: (error: AppError) => void = () => undefined,
  ): Promise<EmbeddedPostgres> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const worker = new Worker(compiled(import.meta.url, './pglite.worker.js'), {
      workerData: { dataDir: folder },
      // Flags of this process, such as --eval, are not for the worker.
      execArgv: [],
    });
    const [message] = (await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(() => [{ kind: 'failed', message: 'the database thread ended' }]),
    ])) as [FromPglite];
    if (message.kind === 'ready') return new EmbeddedPostgres(worker, onFailure);
    await worker.terminate();
    throw new AppError(
      'database_unavailable',
      `The embedded database in ${folder} cannot be opened: ${message.message}`,
    );
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
      connectionTimeoutMillis: 10_000,
    };
  }

  /**
   * Checkpoints and ends the thread; the pool must be closed before.
   * @throws AppError `database_unavailable` when that fails, e.g. on a full disk. Nothing is lost
   *   then: the next start recovers.
   */
  async close(): Promise<void> {
    if (this.failure) {
      await this.exited;
      return;
    }
    this.closing = true;
    const message: ToPglite = { kind: 'close' };
    this.worker.postMessage(message);
    if ((await this.exited) !== 0) {
      throw new AppError('database_unavailable', 'The embedded database could not be closed.');
    }
  }

  /** Ends the thread at once, as a kill would: when the data directory has another owner. */
  async kill(reason: string): Promise<void> {
    this.breakDown(reason);
    await this.worker.terminate();
  }

  private openStream(): PortStream {
    const stream = new PortStream(this.worker);
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    if (this.failure) stream.destroy(this.failure);
    return stream;
  }

  private breakDown(reason: string): void {
    if (this.failure || this.closing) return;
    const failure = new AppError('database_unavailable', `The embedded database failed: ${reason}`);
    this.failure = failure;
    for (const stream of this.streams) stream.destroy(failure);
    this.onFailure(failure);
  }
}
