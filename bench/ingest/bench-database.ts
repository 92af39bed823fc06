import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readConfig } from '../../src/config/config.js';
import { openDatabase, type OpenedDatabase } from '../../src/database/open-database.js';

export interface BenchDatabase {
  /** Settings that lead a server to the database under test. */
  env: Record<string, string>;
  openMeasured(): Promise<OpenedDatabase>;
  /** A second, empty database of the same kind. */
  openEmpty(): Promise<OpenedDatabase>;
  remove(): Promise<void>;
}

/** Two scratch databases: embedded ones in temporary folders, or new ones on a given server. */
export async function prepareDatabase(url: string | undefined): Promise<BenchDatabase> {
  return url === undefined ? embedded() : onServer(url);
}

function embedded(): BenchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-data-'));
  const env = (name: string) => ({ TRIBUTARY_DATA_DIR: join(folder, name) });
  return {
    env: env('measured'),
    openMeasured: () => openDatabase(readConfig(env('measured'))),
    openEmpty: () => openDatabase(readConfig(env('empty'))),
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
    openEmpty: () => openDatabase(readConfig(env(names[1]!))),
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
