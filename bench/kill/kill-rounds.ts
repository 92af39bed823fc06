import type { BenchDatabase } from '../ingest/bench-database.js';
import { editShare, type BenchFolder } from '../ingest/folder.js';
import { randomFrom } from '../support/random.js';
import { ServerProcess } from '../support/server-process.js';
import { compareIndex, type IndexTruth } from './index-truth.js';

export interface KillReport extends IndexTruth {
  kills: number;
  /** Kills that hit a run while it was working. */
  duringRun: number;
  attempts: number;
  /** Runs that ended since too many workers in a row had died of them: none may, they get ahead. */
  givenUp: number;
  slowestResumeMs: number;
}

export interface Run {
  status: string;
  attempt: number;
  error: string | null;
  error_detail: { code: string } | null;
}

/**
 * Kills the server with SIGKILL at random moments of a sync, again and again, and counts what is
 * there after the last resume: every file exactly once, each chunk with its vector and words.
 */
export async function killRounds(
  folder: BenchFolder,
  database: BenchDatabase,
  options: { kills: number; seed: number },
): Promise<KillReport> {
  const random = randomFrom(options.seed);
  const env = { ...database.env, TRIBUTARY_FILES_ROOTS: folder.path };
  const report = { kills: 0, duringRun: 0, attempts: 0, givenUp: 0, slowestResumeMs: 0 };
  let server = await ServerProcess.start(env);
  const { id } = await server.request<{ id: string }>('POST', '/v1/memory/connections', {
    provider: 'files',
    config: { path: folder.path },
    schedule: null,
  });
  let run = await startRun(server, id);
  while (report.kills < options.kills) {
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 900));
    const before = await server.request<Run>('GET', `/v1/memory/runs/${run}`);
    if (before.status === 'success' || isGivenUp(before)) {
      if (before.status === 'success') editShare(folder, 0.5);
      else report.givenUp += 1;
      run = await startRun(server, id);
      continue;
    }
    await server.kill();
    report.kills += 1;
    if (before.status === 'running') report.duringRun += 1;
    const start = performance.now();
    server = await ServerProcess.start(env);
    report.slowestResumeMs = Math.max(report.slowestResumeMs, performance.now() - start);
  }
  let last = await finish(server, run);
  if (isGivenUp(last)) {
    report.givenUp += 1;
    last = await finish(server, await startRun(server, id));
  }
  await server.stop();
  const truth = await compareIndex(database, new Map([[id, folder]]));
  return { ...report, attempts: last.attempt, ...truth };
}

/** Asks for a sync; answers the id of its run. */
export async function startRun(server: ServerProcess, connection: string): Promise<string> {
  const path = `/v1/memory/connections/${connection}/sync?wait=false`;
  return (await server.request<{ run_id: string }>('POST', path, {})).run_id;
}

/** Ended, since worker after worker died of it: a person, or the schedule, asks again. */
export function isGivenUp(run: Run): boolean {
  return run.error_detail?.code === 'worker_crashed_repeatedly';
}

/** @throws when the run ends otherwise than well or given up */
export async function finish(server: ServerProcess, run: string): Promise<Run> {
  for (;;) {
    const now = await server.request<Run>('GET', `/v1/memory/runs/${run}`);
    if (now.status === 'success' || isGivenUp(now)) return now;
    if (['error', 'partial', 'cancelled'].includes(now.status))
      throw new Error(`the run ended ${now.status}: ${now.error}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
