import { Injectable } from '@nestjs/common';

/**
 * Does one kind of job. It may be started again from the beginning after a crash, so what it has
 * done must not harm a second pass; it looks at the signal between batches and throws its reason.
 * `params` is what was queued, unchecked.
 */
export type JobHandler = (
  tenant: string,
  params: Record<string, unknown>,
  signal: AbortSignal,
) => Promise<Record<string, unknown>>;

/** Which features handle which kinds of jobs; they register when their module starts. */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<string, JobHandler>();

  get kinds(): string[] {
    return [...this.handlers.keys()];
  }

  register(kind: string, handler: JobHandler): void {
    if (this.handlers.has(kind)) throw new Error(`job kind ${kind} has two handlers`);
    this.handlers.set(kind, handler);
  }

  get(kind: string): JobHandler {
    const handler = this.handlers.get(kind);
    if (!handler) throw new Error(`job kind ${kind} has no handler`);
    return handler;
  }
}
