import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';
import { compiled } from '../../common/compiled.js';
import { AppError } from '../../common/errors/app-error.js';
import { sentence } from '../../common/sentence.js';
import type { FromPglite, ToPglite } from './pglite-messages.js';

/** A worker thread in which PGlite runs. */
export class PgliteThread {
  /** Resolves with the exit code once the thread touches no file any more. */
  readonly exited: Promise<number>;
  private over = false;

  private constructor(
    private readonly worker: Worker,
    onFailure: (error: AppError) => void,
  ) {
    const fail = (error: AppError): void => {
      if (this.over) return;
      this.over = true;
      onFailure(error);
    };
    worker.on('error', (error) => fail(unavailable(error.message)));
    worker.on('message', (message: FromPglite) => {
      if (message.kind === 'failed') fail(failureOf(message));
    });
    this.exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        fail(unavailable('the database thread ended'));
        resolve(code);
      });
    });
  }

  /**
   * Opens the database in `folder`.
   * @param onFailure hears once when the engine breaks down later.
   * @throws AppError `database_unavailable` or `disk_full`.
   */
  static async start(folder: string, onFailure: (error: AppError) => void): Promise<PgliteThread> {
    const worker = new Worker(compiled(import.meta.url, './pglite.worker.js'), {
      workerData: { dataDir: folder },
      // Flags of this process, such as --eval, are not for the worker.
      execArgv: [],
    });
    const ended = once(worker, 'exit').then(() => [failed('the database thread ended')]);
    const [message] = (await Promise.race([once(worker, 'message'), ended])) as [FromPglite];
    if (message.kind === 'ready') return new PgliteThread(worker, onFailure);
    await worker.terminate();
    throw failureOf(message);
  }

  connect(port: MessagePort): void {
    this.tell({ kind: 'connect', port }, [port]);
  }

  /** Checkpoints, closes the files and ends the thread. */
  async close(): Promise<void> {
    this.over = true;
    this.tell({ kind: 'close' });
    if ((await this.exited) !== 0) throw unavailable('it could not be closed');
  }

  /** Ends the thread at once, as a kill of the process would. */
  async terminate(): Promise<void> {
    this.over = true;
    await this.worker.terminate();
  }

  private tell(message: ToPglite, transfer: MessagePort[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}

type Failed = Extract<FromPglite, { kind: 'failed' }>;

function failed(message: string): Failed {
  return { kind: 'failed', message, diskFull: false };
}

function failureOf({ message, diskFull }: Failed): AppError {
  if (diskFull) return new AppError('disk_full', `The embedded database stopped: ${message}`);
  return unavailable(message);
}

function unavailable(reason: string): AppError {
  const message = sentence(`The embedded database failed: ${reason}`);
  return new AppError('database_unavailable', message, { retryAfter: 1 });
}
