import type { JobAnswer } from '../../jobs/jobs.schema.js';
import { ReindexProgress } from '../../reindex/reindex.schema.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { ProgressBoard } from '../output/progress-board.js';
import { shareLine } from '../output/progress-line.js';
import { formatDuration, plural } from '../output/quantities.js';
import type { ServerLink } from '../server/reach-server.js';
import { lookUntil } from './look-until.js';

/** Shows how far a reindex is until it has ended. */
export async function followReindex(
  context: CliContext,
  { api, origin }: ServerLink,
  name: string,
  id: string,
): Promise<JobAnswer> {
  const { clock } = context.runtime;
  const started = clock.now().getTime();
  const board = new ProgressBoard(context.terminal, clock);
  try {
    const job = await lookUntil(
      context,
      () => api.job(id),
      (now) => {
        if (now.status !== 'queued' && now.status !== 'running') return true;
        if (!context.json) board.show([jobLine(name, now)]);
        return false;
      },
    );
    const took = formatDuration(clock.now().getTime() - started);
    if (!context.json) board.keep(outcomeOf(name, job, took, context));
    return job;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.interrupted) {
      const where = origin === 'opened' ? 'where it stopped next time' : 'in the server';
      context.note(`Interrupted. The reindex goes on ${where}.`);
    }
    throw error;
  } finally {
    board.clear();
  }
}

const PHASES: Record<ReindexProgress['phase'], string> = {
  embedding: '',
  catching_up: 'catching up',
  indexing: 'waiting for the index',
  removing: 'removing old vectors',
};

function jobLine(name: string, { status, progress }: JobAnswer): string {
  const known = ReindexProgress.safeParse(progress);
  if (!known.success || status === 'queued') return `${name}  queued`;
  const { phase, done, total, rate, eta_seconds: eta, waiting } = known.data;
  if (waiting !== null) return `${name}  waiting: ${waiting}`;
  if (phase === 'indexing' || phase === 'removing') return `${name}  ${PHASES[phase]}`;
  return shareLine(name, { done, total, rate, eta }, PHASES[phase]);
}

function outcomeOf(name: string, job: JobAnswer, took: string, { terminal }: CliContext): string {
  const { good, bad } = terminal.noteStyle;
  if (job.status !== 'success') return `${bad('✗')} ${name} ${job.error ?? job.status} in ${took}`;
  const { model, embedded, removed } = job.result as Record<string, unknown>;
  const gone = Number(removed) > 0 ? `, ${plural(Number(removed), 'old vector')} removed` : '';
  const memories = plural(Number(embedded), 'memory', 'memories');
  return `${good('✓')} ${name} ${memories} embedded with ${String(model)}${gone} in ${took}`;
}
