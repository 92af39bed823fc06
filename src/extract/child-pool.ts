import { setMaxListeners } from 'node:events';
import { AppError } from '../common/errors/app-error.js';
import type { ChildJob } from './child-protocol.js';
import { ExtractChild, type ChildLimits } from './extract-child.js';
import { ExtractionError, type ExtractedText } from './extractor.js';

export interface ChildPoolOptions extends ChildLimits {
  /** Path of the compiled entry of a child. */
  childPath: string;
  /** Most children at a time. */
  size: number;
  /** A child without work is ended after this time, in milliseconds. */
  idleMs: number;
}

/** A job that waits for a child. */
interface Waiting {
  admit(): void;
  refuse(reason: Error): void;
}

/** Ends of a child for which the files that it read before may be to blame: worth another try. */
const DOUBTFUL = new Set(['memory_limit', 'corrupt']);

/**
 * A few child processes, started when there is work and used again while they are sound. Jobs wait
 * in the order of their coming.
 */
export class ChildPool {
  private readonly idle: { child: ExtractChild; timer: NodeJS.Timeout }[] = [];
  private readonly alive = new Set<ExtractChild>();
  private readonly queue: Waiting[] = [];
  private closed: Error | undefined;
  private running = 0;
  /** Children started so far. */
  started = 0;

  constructor(private readonly options: ChildPoolOptions) {}

  /** @throws what {@link ExtractChild.run} throws; AppError `shutting_down` after `close` */
  async run(job: ChildJob, bytes: Uint8Array, signal?: AbortSignal): Promise<ExtractedText> {
    await this.admission(signal);
    try {
      // What ended while this job was being admitted has not been heard by anybody yet.
      signal?.throwIfAborted();
      if (this.closed) throw this.closed;
      const child = this.take();
      return await this.runIn(child, job, bytes, signal).catch((error: unknown) => {
        const isDoubtful = error instanceof ExtractionError && DOUBTFUL.has(error.code);
        if (!isDoubtful || !child.isLost || child.jobs === 1 || this.closed) throw error;
        return this.runIn(this.start(), job, bytes, signal);
      });
    } finally {
      this.running--;
      this.queue.shift()?.admit();
    }
  }

  /** Ends all children; what runs or waits is rejected. */
  async close(): Promise<void> {
    const closed = (this.closed ??= new AppError('shutting_down', 'The extractor is closed.'));
    this.queue.splice(0).forEach((waiting) => waiting.refuse(closed));
    this.idle.splice(0).forEach(({ timer }) => clearTimeout(timer));
    await Promise.all([...this.alive].map((child) => child.kill(closed)));
  }

  private async runIn(
    child: ExtractChild,
    job: ChildJob,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<ExtractedText> {
    try {
      return await child.run(job, bytes, signal);
    } finally {
      if (child.canContinue && !this.closed) this.keep(child);
      else void this.end(child);
    }
  }

  /** Resolves when this job may have a child. */
  private async admission(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.closed) throw this.closed;
    if (this.running >= this.options.size) await this.turn(signal);
    else this.running++;
  }

  private turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal?.reason as Error);
      };
      const waiting: Waiting = {
        admit: () => {
          signal?.removeEventListener('abort', leave);
          this.running++;
          resolve();
        },
        refuse: (reason) => {
          signal?.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      if (signal) {
        // As many wait as files are read at once; that is no leak.
        setMaxListeners(0, signal);
        signal.addEventListener('abort', leave, { once: true });
      }
      this.queue.push(waiting);
    });
  }

  private take(): ExtractChild {
    const idle = this.idle.pop();
    if (!idle) return this.start();
    clearTimeout(idle.timer);
    return idle.child;
  }

  private start(): ExtractChild {
    const child = new ExtractChild(this.options.childPath, this.options);
    this.alive.add(child);
    this.started++;
    return child;
  }

  private keep(child: ExtractChild): void {
    const timer = setTimeout(() => {
      this.idle.splice(
        this.idle.findIndex((idle) => idle.child === child),
        1,
      );
      void this.end(child);
    }, this.options.idleMs);
    timer.unref();
    this.idle.push({ child, timer });
  }

  private async end(child: ExtractChild): Promise<void> {
    await child.kill(new Error('the child is not needed'));
    this.alive.delete(child);
  }
}
