import { RunQueue } from '../../src/runs/run-queue.js';
import type { RunDetailAnswer } from '../../src/runs/runs.schema.js';
import { eventually } from './eventually.js';
import type { TestApp } from './http-app.js';

/** The run once it is neither queued nor running, in this attempt or a later one. */
export function settledRun(app: TestApp, id: string, attempt = 1): Promise<RunDetailAnswer> {
  return eventually(`the end of attempt ${attempt} of run ${id}`, async () => {
    const answer = await app.request('GET', `/v1/memory/runs/${id}`);
    if (answer.status === 503) return undefined;
    if (answer.status !== 200) throw new Error(answer.text);
    const run = answer.body as RunDetailAnswer;
    const moving = run.status === 'queued' || run.status === 'running';
    return moving || run.attempt < attempt ? undefined : run;
  });
}

/** A wait up to this is no longer than a slow machine may take for what comes after it. */
const SHORT_SECONDS = 60;

/** A run that waits stays so until the test lets it go on. */
export function holdWaitingRuns(app: TestApp): void {
  const queue = app.nest.get(RunQueue);
  const release = queue.release.bind(queue);
  queue.release = async (tx, run, to, outcome) => {
    await release(tx, run, to, outcome);
    const { seconds = 0 } = outcome.waiting ?? {};
    if (seconds > 0 && seconds <= SHORT_SECONDS)
      await tx.query(`update runs set run_at = run_at + interval '1 hour' where id = $1`, [run.id]);
  };
}
