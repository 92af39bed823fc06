import pg from 'pg';
import type { BenchDatabase } from '../ingest/bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import type { EqualFolders } from './equal-folders.js';

export interface FairnessReport {
  connections: number;
  workers: number;
  seconds: number;
  /** Documents that were looked at, all connections together. */
  documents: number;
  documentsPerSecond: number;
  min: number;
  median: number;
  max: number;
  /** max / min; Infinity when one got nothing. */
  ratio: number;
  runs: number;
  /** Slots that were given to another connection in the middle of a run. */
  yields: number;
  errors: number;
}

/**
 * Equal connections that always have work, more of it than the workers can do: each is asked to
 * read everything again as soon as it has. Counts what each one got.
 */
export async function measureFairness(
  folders: EqualFolders,
  database: BenchDatabase,
  { workers, seconds }: { workers: number; seconds: number },
): Promise<FairnessReport> {
  const env = { ...database.env, TRIBUTARY_FILES_ROOTS: folders.root };
  const api = await ServerProcess.start({ ...env, TRIBUTARY_ROLE: 'api' });
  const client = new pg.Client({ connectionString: database.env['DATABASE_URL'] });
  await client.connect();
  const processes = [api];
  try {
    for (const path of folders.paths)
      await api.request('POST', '/v1/memory/connections', {
        ...{ provider: 'files', config: { path }, schedule: null },
      });
    await askForMore(api, client);
    for (let n = 0; n < workers; n += 1)
      processes.push(await ServerProcess.start({ ...env, TRIBUTARY_ROLE: 'worker' }));
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      await askForMore(api, client);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return { workers, seconds, ...(await count(client, seconds)) };
  } finally {
    await client.end();
    await Promise.all(processes.map((process) => process.stop()));
  }
}

async function askForMore(api: ServerProcess, client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `select id from connections c where not exists (select from runs r
       where r.connection_id = c.id and r.state in ('queued', 'running', 'waiting'))`,
  );
  for (const { id } of rows)
    await api.request('POST', `/v1/memory/connections/${id}/sync?wait=false`, { full: true });
}

async function count(client: pg.Client, seconds: number) {
  const { rows } = await client.query<{ documents: number }>(
    `select coalesce(sum((r.counts ->> 'listed')::int), 0)::int as documents
     from connections c left join runs r on r.connection_id = c.id group by c.id order by 1`,
  );
  const { rows: totals } = await client.query<{ runs: number; yields: number; errors: number }>(
    `select (select count(*) from runs)::int as runs,
       (select count(*) from runs where state = 'error')::int as errors,
       (select coalesce(sum(slices - 1), 0) from run_attempts)::int as yields`,
  );
  const each = rows.map(({ documents }) => documents);
  const documents = each.reduce((sum, n) => sum + n, 0);
  const [min, max] = [each[0] ?? 0, each.at(-1) ?? 0];
  return {
    ...{ connections: each.length, documents, documentsPerSecond: Math.round(documents / seconds) },
    ...{ min, median: each[each.length >> 1] ?? 0, max },
    ...{ ratio: min === 0 ? Infinity : Math.round((max / min) * 1000) / 1000 },
    ...totals[0]!,
  };
}
