import type { BenchDatabase } from '../ingest/bench-database.js';
import { editShare, type BenchFolder } from '../ingest/folder.js';
import { randomFrom } from '../support/random.js';
import { ServerProcess } from '../support/server-process.js';
import { compareIndex, type IndexTruth } from './index-truth.js';
import { finish, isGivenUp, startRun, type Run } from './kill-rounds.js';
import { RunWatch } from './run-watch.js';

export interface WorkerKillReport extends IndexTruth {
  kills: number;
  /** Runs that were at work in a worker when it was killed. */
  runsHit: number;
  /** Runs that ended since too many workers in a row had died of them: none may, they get ahead. */
  givenUp: number;
  runs: number;
  /** From a kill until another worker had the run. */
  slowestResumeMs: number;
  medianResumeMs: number;
}

/**
 * Several workers and an API process on one PostgreSQL; workers are killed with SIGKILL, one at a
 * time and at random moments, and come back, while connections sync again and again.
 */
export async function workerKillRounds(
  folders: readonly BenchFolder[],
  database: BenchDatabase,
  options: { workers: number; kills: number; seed: number },
): Promise<WorkerKillReport> {
  const random = randomFrom(options.seed);
  const roots = folders.map(({ path }) => path).join(':');
  const env = { ...database.env, TRIBUTARY_FILES_ROOTS: roots };
  const asWorker = { ...env, TRIBUTARY_ROLE: 'worker' };
  const report = { kills: 0, runsHit: 0, givenUp: 0, runs: 0 };
  const api = await ServerProcess.start({ ...env, TRIBUTARY_ROLE: 'api' });
  const workers = await Promise.all(
    Array.from({ length: options.workers }, () => ServerProcess.start(asWorker)),
  );
  const watch = await RunWatch.start(database.env['DATABASE_URL']!);
  try {
    const synced = await attach(api, folders);
    const runs = new Map<string, string>();
    const begin = async (connection: string): Promise<void> => {
      runs.set(connection, await startRun(api, connection));
      report.runs += 1;
    };
    for (const connection of synced.keys()) await begin(connection);
    while (report.kills < options.kills) {
      for (const [connection, id] of runs) {
        const run = await api.request<Run>('GET', `/v1/memory/runs/${id}`);
        if (isGivenUp(run)) report.givenUp += 1;
        else if (run.status === 'success') editShare(synced.get(connection)!, 0.5);
        else continue;
        await begin(connection);
      }
      // After new work was asked for, so that most kills hit some.
      await new Promise((resolve) => setTimeout(resolve, 100 + random() * 1400));
      const at = Math.floor(random() * workers.length);
      await workers[at]!.kill();
      report.runsHit += await watch.killed(workers[at]!.pid);
      report.kills += 1;
      workers[at] = await ServerProcess.start(asWorker);
    }
    for (const [connection, id] of runs) {
      if (!isGivenUp(await finish(api, id))) continue;
      report.givenUp += 1;
      await finish(api, await startRun(api, connection));
    }
    const truth = await compareIndex(database, synced);
    const resumes = watch.resumes.toSorted((a, b) => a - b).map(Math.round);
    return {
      ...{ ...report, ...truth, slowestResumeMs: resumes.at(-1) ?? 0 },
      medianResumeMs: resumes[resumes.length >> 1] ?? 0,
    };
  } finally {
    await watch.stop();
    await Promise.all([api, ...workers].map((process) => process.stop()));
  }
}

/** Answers the folders by their connections. */
export async function attach(
  api: ServerProcess,
  folders: readonly BenchFolder[],
): Promise<Map<string, BenchFolder>> {
  const synced = new Map<string, BenchFolder>();
  for (const folder of folders) {
    const connection = { provider: 'files', config: { path: folder.path }, schedule: null };
    const made = await api.request<{ id: string }>('POST', '/v1/memory/connections', connection);
    synced.set(made.id, folder);
  }
  return synced;
}
