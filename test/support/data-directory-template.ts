import { createHash, randomUUID } from 'node:crypto';
import { constants, cpSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';
import { dataPaths } from '../../src/database/embedded/data-directory.js';
import { openDatabase } from '../../src/database/open-database.js';

const cache = join(projectRoot, 'node_modules', '.cache', 'tributary-test');

let template: Promise<string> | undefined;

/** A new data directory with a migrated database, in a tenth of the time that initdb takes. */
export async function migratedDataDirectory(): Promise<string> {
  template ??= findTemplate();
  const dataDir = await emptyDataDirectory();
  // Half the time of its asynchronous form, and a test has nothing else to do.
  cpSync(await template, dataPaths(dataDir).database, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
  });
  return dataDir;
}

/** A new folder; the caller removes it. */
export function emptyDataDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tributary-test-'));
}

/** Made once per version of PGlite and of the migrations, then kept between test runs. */
async function findTemplate(): Promise<string> {
  const folder = join(cache, await fingerprint());
  if (existsSync(folder)) return folder;
  const building = join(cache, `building-${randomUUID()}`);
  await mkdir(building, { recursive: true });
  const { database } = await openDatabase({ dataDir: building, databasePoolSize: 1 });
  await database.close();
  try {
    await rename(dataPaths(building).database, folder);
  } catch (error) {
    // Another worker was faster.
    if (!existsSync(folder)) throw error;
  }
  await rm(building, { recursive: true, force: true });
  return folder;
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const migrations = join(projectRoot, 'migrations');
  const names = (await readdir(migrations, { recursive: true })).filter((n) => n.endsWith('.ts'));
  const packages = ['pglite', 'pglite-pgvector'].map((name) =>
    join(projectRoot, 'node_modules', '@electric-sql', name, 'package.json'),
  );
  for (const path of [...names.sort().map((name) => join(migrations, name)), ...packages]) {
    hash.update(path.slice(projectRoot.length)).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}
