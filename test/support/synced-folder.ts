import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../../src/common/clock.js';
import type { Database } from '../../src/database/database.js';
import type { Answer } from './http-request.js';
import { startApp, type TestApp } from './http-app.js';

/** A temporary folder that is attached to a running app as a `files` connection. */
export interface SyncedFolder {
  app: TestApp;
  database: Database;
  root: string;
  connection: string;
  write(path: string, text: string | Uint8Array): void;
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** Syncs and waits for the end; answers the run. */
  sync(body?: Record<string, unknown>): Promise<Answer['body']>;
  /** What is searchable: path of each live document -> its visible text, chunks joined. */
  index(): Promise<Map<string, string>>;
  /** Deletes the connection and all that it brought. */
  purge(): Promise<void>;
  close(): Promise<void>;
}

export async function syncedFolder(
  database: Database,
  env: Record<string, string> = {},
  clock?: Clock,
): Promise<SyncedFolder> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-sync-')));
  const app = await startApp({ database, clock, env: { ...env, TRIBUTARY_FILES_ROOTS: root } });
  const body = { provider: 'files', config: { path: root }, collection: 'notes', schedule: null };
  const created = await app.request('POST', '/v1/memory/connections', { body });
  if (created.status !== 201) throw new Error(created.text);
  const connection: string = created.body.id;
  return {
    app,
    database,
    root,
    connection,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    rename(from, to) {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      renameSync(join(root, from), join(root, to));
    },
    async sync(options = {}) {
      const path = `/v1/memory/connections/${connection}/sync`;
      const answer = await app.request('POST', path, { body: options });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body.run;
    },
    index: () => visibleText(database, connection),
    async purge() {
      const path = `/v1/memory/connections/${connection}?purge=true`;
      const answer = await app.request('DELETE', path);
      if (answer.status !== 200) throw new Error(answer.text);
    },
    async close() {
      await app.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Reads the rows themselves, so that nothing hidden or left over can pass unseen. */
export async function visibleText(
  database: Database,
  connection: string,
): Promise<Map<string, string>> {
  const rows = await database.asSystem((tx) =>
    tx.query<{ path: string; text: string }[]>(
      `select d.external_id as path, string_agg(m.text, E'\n' order by m.ordinal) as text
       from documents d join memories m on m.document_id = d.id and m.visible
       where d.connection_id = $1 and d.state in ('live', 'suspect') group by d.id`,
      [connection],
    ),
  );
  return new Map(rows.map(({ path, text }) => [path, text]));
}
