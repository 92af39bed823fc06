import { getPriority } from 'node:os';
import { prepareDatabase, type BenchDatabase } from '../../../bench/ingest/bench-database.js';
import { makeFolder, type BenchFolder } from '../../../bench/ingest/folder.js';
import { compareIndex } from '../../../bench/kill/index-truth.js';
import { startRun } from '../../../bench/kill/kill-rounds.js';
import { attach, workerKillRounds } from '../../../bench/kill/worker-kill-rounds.js';
import { ServerProcess } from '../../../bench/support/server-process.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { eventually } from '../../support/eventually.js';
import { PATIENT_SHUTDOWN } from '../../support/patient-shutdown.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';

const missing = postgresqlMissing({ pgvector: true });
const onPostgresql = missing ? describe.skip : describe;
const CONNECTIONS = 5;
const FILES = 600;

onPostgresql(
  `several processes on one PostgreSQL${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let folders: BenchFolder[];
    let database: BenchDatabase;
    const started: ServerProcess[] = [];

    beforeEach(async () => {
      folders = [];
      database = await prepareDatabase(process.env.TRIBUTARY_TEST_PG_ADMIN_URL);
    });
    afterEach(async () => {
      await Promise.all(started.splice(0).map((process) => process.stop()));
      await database.remove();
      for (const folder of folders) folder.remove();
    });

    const start = async (role: 'api' | 'worker'): Promise<ServerProcess> => {
      const roots = folders.map(({ path }) => path).join(':');
      const server = await ServerProcess.start({
        ...{ ...database.env, TRIBUTARY_ROLE: role, TRIBUTARY_FILES_ROOTS: roots },
        ...{ TRIBUTARY_LOG_LEVEL: 'info', NODE_OPTIONS: PATIENT_SHUTDOWN },
      });
      started.push(server);
      return server;
    };

    it('complete every sync once, with one worker killed and another one stopped', async () => {
      folders = Array.from({ length: CONNECTIONS }, () => makeFolder(FILES, 40));
      const api = await start('api');
      const synced = await attach(api, folders);
      const ids = await Promise.all(
        [...synced.keys()].map((connection) => startRun(api, connection)),
      );
      const runs = () =>
        Promise.all(ids.map((id) => api.request<RunDetailAnswer>('GET', `/v1/memory/runs/${id}`)));
      // No worker yet: an API process takes no runs.
      expect((await runs()).map(({ status }) => status)).toEqual(Array(CONNECTIONS).fill('queued'));

      const [killed, stopped] = await Promise.all([start('worker'), start('worker')]);
      // Searches come first where they share cores with syncs.
      expect([api, killed].map(({ pid }) => getPriority(pid))).toEqual([0, 5]);
      const workOf = async (worker: ServerProcess): Promise<RunDetailAnswer[]> =>
        (await runs()).filter(
          ({ status, progress, attempts }) =>
            status === 'running' &&
            progress.done > 0 &&
            attempts.at(-1)!.worker.includes(`:${worker.pid}:`),
        );
      const victims = await eventually('a page of the worker to be killed', async () => {
        const found = await workOf(killed);
        return found.length > 0 ? found : undefined;
      });
      await killed.kill();

      const drained = await eventually('a page of the worker to be stopped', async () => {
        const found = await workOf(stopped);
        return found.length > 0 ? found : undefined;
      });
      expect(await stopped.stop()).toBe(0);
      // What it was working on went back to the queue on its own, at a page boundary.
      const after = await runs();
      for (const { id } of drained) {
        const run = after.find((one) => one.id === id)!;
        expect(['queued', 'success']).toContain(run.status);
        expect(run.error).toBeNull();
      }

      await start('worker');
      const ended = await eventually('the end of every run', async () => {
        const all = await runs();
        return all.every(({ status }) => status === 'success') ? all : undefined;
      });
      for (const { id } of victims) {
        const { attempts } = ended.find((run) => run.id === id)!;
        expect(attempts.map(({ outcome }) => outcome)).toContain('interrupted');
        expect(attempts.at(-1)!.outcome).toBe('success');
      }
      expect(await compareIndex(database, synced)).toEqual({
        ...{ documents: CONNECTIONS * FILES, missing: [], duplicates: 0, strays: 0 },
      });
    });

    it('lose nothing when workers are killed at random, and go on with what these had begun', async () => {
      folders = Array.from({ length: 3 }, () => makeFolder(300, 40));
      const report = await workerKillRounds(folders, database, { workers: 2, kills: 10, seed: 11 });
      expect(report).toMatchObject({ kills: 10, documents: 900, missing: [], duplicates: 0 });
      expect(report.strays).toBe(0);
      expect(report.runsHit).toBeGreaterThan(0);
    });
  },
);
