import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/**
 * Does one kind of job. It may be started again from the beginning after a crash, so what it has
 * done must not harm a second pass; it looks at the signal between batches and throws its reason.
 * `params` is what was queued, unchecked.
 */
export type JobHandler = (
  tenant: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
  progress: JobProgress,
) => Promise<Record<string, unknown>>;

/** How far a job is; handlers of short jobs need none of it. */
export interface JobProgress {
  readonly job: string;
  /** What an attempt before this one told last. */
  readonly last: Record<string, unknown> | null;
  /** Shows it to whoever asks for the job, at most once a second. */
  tell(progress: Record<string, unknown>, how?: TellHow): Promise<void>;
}

export interface TellHow {
  /** Without waiting for the second to pass. */
  readonly now?: boolean;
  /** Something was done that no attempt after this one has to do again: attempts count anew. */
  readonly ahead?: boolean;
}

export interface JobKind {
  readonly handler: JobHandler;
  /** Kinds that take hours have a worker of their own, so that the others need not wait. */
  readonly lane: 'short' | 'long';
  /**
   * What else cancelling means, in the same transaction, its entry in the audit log included;
   * kinds without it cannot be cancelled.
   */
  readonly cancel?: JobCancel;
}

export type JobCancel = (
  tx: EntityManager,
  tenant: string,
  job: { readonly id: string; readonly params: Record<string, unknown> },
  actor: string,
) => Promise<void>;

/** Which features handle which kinds of jobs; they register when their module starts. */
@Injectable()
export class JobHandlers {
  private readonly kindsByName = new Map<string, JobKind>();

  kinds(lane: JobKind['lane']): string[] {
    return [...this.kindsByName].filter(([, kind]) => kind.lane === lane).map(([name]) => name);
  }

  register(
    kind: string,
    handler: JobHandler,
    options: Partial<Omit<JobKind, 'handler'>> = {},
  ): void {
    if (this.kindsByName.has(kind)) throw new Error(`job kind ${kind} has two handlers`);
    this.kindsByName.set(kind, { lane: 'short', ...options, handler });
  }

  get(kind: string): JobKind {
    const found = this.kindsByName.get(kind);
    if (!found) throw new Error(`job kind ${kind} has no handler`);
    return found;
  }
}
