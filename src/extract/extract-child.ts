import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { AppError } from '../common/errors/app-error.js';
import type { ChildJob, ChildMessage } from './child-protocol.js';
import { ExtractionError, type ExtractedText } from './extractor.js';
import { CHILD_HEAP_MIB, CHILD_SEMI_SPACE_MIB, REUSE_RESIDENT_BYTES } from './limits.js';
import { residentBytes } from './resident-memory.js';

export interface ChildLimits {
  /** Wall time for one file in milliseconds, counted from the moment the child is ready. */
  timeoutMs: number;
  maxResidentBytes: number;
}

/** Who waits for the child's next message, and what it means if none comes. */
interface Wait {
  message(message: ChildMessage): void;
  failure(error: Error): void;
  exit(exitSignal: NodeJS.Signals | null): Error;
}

const BOOT_TIMEOUT_MS = 30_000;
/** `ps` starts a process each time, /proc does not. */
const POLL_MS = process.platform === 'linux' ? 25 : 250;
const STDERR_TAIL_CHARS = 4096;

/**
 * The parent's end of one child process, which reads one file at a time. Only the timer of a
 * running job keeps the parent's event loop alive.
 */
export class ExtractChild {
  private readonly process: ChildProcess;
  private readonly exited: Promise<void>;
  private wait: Wait | undefined;
  private failure: Error | undefined;
  private isReady = false;
  private isReusable = true;
  private stderr = '';
  /** Files that this child was given. */
  jobs = 0;

  constructor(
    path: string,
    private readonly limits: ChildLimits,
  ) {
    this.process = fork(path, {
      // Nothing is inherited: the parent's environment holds keys and database passwords.
      env: { TZ: 'UTC' },
      execArgv: [
        `--max-old-space-size=${CHILD_HEAP_MIB}`,
        `--max-semi-space-size=${CHILD_SEMI_SPACE_MIB}`,
      ],
      serialization: 'advanced',
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
    });
    this.process.unref();
    this.process.channel?.unref();
    const { stdin, stderr } = this.process;
    for (const stream of [stdin, stderr]) (stream as Socket | null)?.unref();
    // A child that dies while it is written to tells so by its exit.
    stdin?.on('error', () => undefined);
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_TAIL_CHARS);
    });
    this.process.on('message', (message) => this.wait?.message(message as ChildMessage));
    this.exited = new Promise((resolve) => {
      // `close` comes after `exit`, when standard error has been read to its end.
      this.process.once('close', (_code, exitSignal) => {
        this.failure ??= this.wait?.exit(exitSignal) ?? new Error('an idle child ended');
        this.wait?.failure(this.failure);
        resolve();
      });
    });
    this.process.once('error', (error) => this.fail(error));
  }

  /** True when the child may be given another file. */
  get canContinue(): boolean {
    return this.isReusable && !this.isLost;
  }

  /** True when the child was killed or has died, so that it could not answer. */
  get isLost(): boolean {
    return this.failure !== undefined;
  }

  /**
   * Reads a file. The child must not be used again unless `canContinue` says so.
   * @throws ExtractionError when the file yields no text
   * @throws AppError `internal_error` when the child does not start
   * @throws the signal's reason
   */
  async run(job: ChildJob, bytes: Uint8Array, signal?: AbortSignal): Promise<ExtractedText> {
    this.jobs++;
    const abort = (): void => this.fail(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (!this.isReady) await this.boot();
      return await this.exchange(job, bytes);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the child at once, whatever it does; a running job is rejected with the reason. */
  kill(reason: Error): Promise<void> {
    this.fail(reason);
    return this.exited;
  }

  private async boot(): Promise<void> {
    const failed = (why: string): Error =>
      new AppError('internal_error', `an extraction process ${why}: ${this.stderr}`);
    await this.next(
      BOOT_TIMEOUT_MS,
      () => failed('does not start'),
      () => failed('ended at once'),
    );
    this.isReady = true;
  }

  private async exchange(job: ChildJob, bytes: Uint8Array): Promise<ExtractedText> {
    const { timeoutMs } = this.limits;
    const poll = setInterval(() => void this.checkMemory(), POLL_MS);
    try {
      const answer = this.next(
        timeoutMs,
        () => new ExtractionError('timeout', `Reading the file took over ${timeoutMs} ms.`),
        (exitSignal) => this.crash(exitSignal),
      );
      this.process.send(job);
      this.process.stdin?.write(bytes);
      return await this.conclude(await answer);
    } finally {
      clearInterval(poll);
    }
  }

  private async conclude(answer: ChildMessage): Promise<ExtractedText> {
    const resident = (await residentBytes(this.process.pid ?? 0)) ?? 0;
    this.isReusable = resident <= REUSE_RESIDENT_BYTES;
    if (answer.type === 'text') return answer.result;
    // A library that failed may have left work behind that fails later, in the next file's time.
    this.isReusable = false;
    if (answer.type === 'failure') throw new ExtractionError(answer.code, answer.message);
    throw new AppError('internal_error', 'an extraction process gave no answer');
  }

  private async checkMemory(): Promise<void> {
    const resident = (await residentBytes(this.process.pid ?? 0)) ?? 0;
    if (resident > this.limits.maxResidentBytes && this.wait) {
      this.fail(new ExtractionError('memory_limit'));
    }
  }

  /** V8 aborts when its heap is full; any other end that nobody asked for is the file's fault. */
  private crash(exitSignal: NodeJS.Signals | null): Error {
    return exitSignal === 'SIGABRT' || /heap out of memory/i.test(this.stderr)
      ? new ExtractionError('memory_limit')
      : new ExtractionError('corrupt', 'The file crashed the program that reads it.');
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.process.kill('SIGKILL');
    this.wait?.failure(this.failure);
  }

  /** The child's next message, unless time runs out, the child ends, or `fail` is called. */
  private next(
    timeoutMs: number,
    timeout: () => Error,
    exit: (exitSignal: NodeJS.Signals | null) => Error,
  ): Promise<ChildMessage> {
    return new Promise<ChildMessage>((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const timer = setTimeout(() => this.fail(timeout()), timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        this.wait = undefined;
      };
      this.wait = {
        message: (message) => {
          end();
          resolve(message);
        },
        failure: (error) => {
          end();
          reject(error);
        },
        exit,
      };
    });
  }
}
