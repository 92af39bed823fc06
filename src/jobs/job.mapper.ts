import type { JobState } from './job.entity.js';
import type { JobAnswer } from './jobs.schema.js';

/** A job as its owner sees it. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly params: Record<string, unknown>;
  readonly progress: Record<string, unknown> | null;
  readonly result: Record<string, unknown> | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function toJobAnswer(job: JobRecord): JobAnswer {
  return {
    job_id: job.id,
    kind: job.kind,
    status: job.state,
    progress: job.progress,
    result: job.result,
    error: job.error,
    created_at: job.created_at.toISOString(),
    updated_at: job.updated_at.toISOString(),
  };
}
