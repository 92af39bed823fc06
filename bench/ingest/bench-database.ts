import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readConfig } from '../../src/config/config.js';
import { openDatabase, type OpenedDatabase } from '../../src/database/open-database.js';
import { QdrantStore } from '../../src/indexing/qdrant/qdrant-store.js';

export interface BenchDatabase {
  /** Settings that lead a server to the database under test. */
  env: Record<string, string>;
  openMeasured(): Promise<OpenedDatabase>;
  /** A second database of the same kind, empty each time. */
  openEmpty(): Promise<OpenedDatabase>;
  remove(): Promise<void>;
}

/**
 * Two scratch databases: embedded ones in temporary folders, or new ones on a given server.
 * @param qdrant where vectors go instead; its collections of this run are deleted at the end
 */
export async function prepareDatabase(
  url: string | undefined,
  qdrant?: string,
): Promise<BenchDatabase> {
  if (url === undefined) return embedded();
  return qdrant === undefined ? onServer(url) : withQdrant(await onServer(url), qdrant);
}

function withQdrant(rows: BenchDatabase, url: string): BenchDatabase {
  const prefix = `bench_${process.pid}`;
  return {
    ...rows,
    env: { ...rows.env, QDRANT_URL: url, TRIBUTARY_QDRANT_PREFIX: prefix },
    async remove() {
      const store = new QdrantStore({ url });
      for (const name of await store.collections())
        if (name.startsWith(prefix)) await store.deleteCollection(name);
      await rows.remove();
    },
  };
}

function embedded(): BenchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-data-'));
  const env = (name: string) => ({ TRIBUTARY_DATA_DIR: join(folder, name) });
  return {
    env: env('measured'),
    openMeasured: () => openDatabase(readConfig(env('measured'))),
    openEmpty() {
      rmSync(join(folder, 'empty'), { recursive: true, force: true });
      return openDatabase(readConfig(env('empty')));
    },
    remove: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

async function onServer(url: string): Promise<BenchDatabase> {
  const names = ['measured', 'empty'].map((name) => `tributary_bench_${name}_${process.pid}`);
  for (const name of names) await admin(url, `create database ${name}`);
  const env = (name: string) => ({
    DATABASE_URL: Object.assign(new URL(url), { pathname: name }).href,
  });
  return {
    env: env(names[0]!),
    openMeasured: () => openDatabase(readConfig(env(names[0]!))),
    async openEmpty() {
      const name = names[1]!;
      await admin(url, `drop database if exists ${name}`);
      await admin(url, `create database ${name}`);
      return openDatabase(readConfig(env(name)));
    },
    async remove() {
      for (const name of names) await admin(url, `drop database ${name} with (force)`);
    },
  };
}

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
