import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BenchDatabase } from '../ingest/bench-database.js';
import { editShare, type BenchFolder } from '../ingest/folder.js';
import { randomFrom } from '../support/random.js';
import { ServerProcess } from '../support/server-process.js';

export interface KillReport {
  kills: number;
  /** Kills that hit a run while it was working. */
  duringRun: number;
  attempts: number;
  documents: number;
  missing: string[];
  duplicates: number;
  strays: number;
  slowestResumeMs: number;
}

interface Run {
  status: string;
  attempt: number;
  error: string | null;
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
  const report = { kills: 0, duringRun: 0, attempts: 0, slowestResumeMs: 0 };
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
    if (before.status === 'success') {
      editShare(folder, 0.5);
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
  const last = await finish(server, run);
  await server.stop();
  return { ...report, attempts: last.attempt, ...(await inspect(folder, database)) };
}

async function startRun(server: ServerProcess, connection: string): Promise<string> {
  const path = `/v1/memory/connections/${connection}/sync?wait=false`;
  return (await server.request<{ run_id: string }>('POST', path, {})).run_id;
}

async function finish(server: ServerProcess, run: string): Promise<Run> {
  for (;;) {
    const now = await server.request<Run>('GET', `/v1/memory/runs/${run}`);
    if (now.status === 'success') return now;
    if (['error', 'partial', 'cancelled'].includes(now.status))
      throw new Error(`the run ended ${now.status}: ${now.error}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface StoredFile {
  path: string;
  documents: number;
  text: string | null;
}

async function inspect(folder: BenchFolder, bench: BenchDatabase) {
  const { database } = await bench.openMeasured();
  try {
    const [stored, [strays]] = await database.asSystem(async (tx) => [
      await tx.query<StoredFile[]>(
        `select d.external_id as path, count(distinct d.id)::int as documents,
           string_agg(m.text, ' ' order by m.ordinal) as text
         from documents d left join memories m on m.document_id = d.id and m.visible
         where d.state = 'live' group by d.external_id`,
      ),
      await tx.query<{ n: number }[]>(
        `select (select count(*) from memories m where m.document_id is null
             or not exists (select 1 from vectors v where v.memory_id = m.id)
             or not exists (select 1 from words w where w.memory_id = m.id))::int
           + (select count(*) from documents where state <> 'live')::int as n`,
      ),
    ]);
    const byPath = new Map(stored.map((file) => [basename(file.path), file]));
    const missing = folder.files.filter((file) => {
      const text = byPath.get(basename(file))?.text;
      return !text || squeeze(text) !== squeeze(readFileSync(file, 'utf8'));
    });
    return {
      documents: stored.length,
      missing,
      duplicates: stored.filter((file) => file.documents > 1).length,
      strays: strays!.n,
    };
  } finally {
    await database.close();
  }
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
