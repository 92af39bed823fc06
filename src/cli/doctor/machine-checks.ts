import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Clock } from '../../common/clock.js';
import type { Config } from '../../config/config.js';
import { readLock } from '../../database/embedded/data-directory-lock.js';
import { dataPaths } from '../../database/embedded/data-directory.js';
import { freeBytes, MINIMUM_FREE_BYTES } from '../../database/embedded/free-space.js';
import { createEmbedder } from '../../inference/embedding-model.js';
import { storedBackups } from '../commands/backup.command.js';
import { formatAgo, formatBytes } from '../output/quantities.js';
import { fail, ok, skip, warn, type Check } from './check.js';

const OLDEST_NODE = [20, 19] as const;
const LITTLE_SPACE_BYTES = 1_000_000_000;
const BACKUP_OVERDUE_MS = 48 * 3_600_000;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needsMajor, needsMinor] = OLDEST_NODE;
  const fits = major > needsMajor || (major === needsMajor && minor >= needsMinor);
  const needs = `${needsMajor}.${needsMinor} or later is needed`;
  return fits ? ok('node', version) : fail('node', `${version}; ${needs}`);
}

/** Whether the folder can be used, and by whom it is. */
export async function checkDataDirectory(dataDir: string, clock: Clock): Promise<Check> {
  const name = 'data directory';
  if (!existsSync(dataDir)) return warn(name, `${dataDir} is made by the first start`);
  const found = await stat(dataDir);
  if (!found.isDirectory()) return fail(name, `${dataDir} is not a folder`);
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return fail(name, `${dataDir} cannot be written to`);
  }
  const holder = await readLock(dataDir, clock);
  if (!holder) return ok(name, `${dataDir}, not in use`);
  const where = holder.url === null ? 'without a server yet' : `serving ${holder.url}`;
  return ok(name, `${dataDir}, in use by process ${holder.pid}, ${where}`);
}

export async function checkDiskSpace(dataDir: string): Promise<Check> {
  let folder = dataDir;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const free = await freeBytes(folder);
  const message = `${formatBytes(free)} free`;
  if (free < MINIMUM_FREE_BYTES) {
    return fail('disk space', `${message}; ${formatBytes(MINIMUM_FREE_BYTES)} are needed to start`);
  }
  return free < LITTLE_SPACE_BYTES ? warn('disk space', message) : ok('disk space', message);
}

export async function checkBackups(dataDir: string, now: Date): Promise<Check> {
  const name = 'backups';
  if (!existsSync(dataPaths(dataDir).database)) return skip(name, 'there is nothing to save yet');
  const [latest] = await storedBackups(dataDir);
  if (!latest) return warn(name, 'none yet; a running server makes one a day');
  const message = `latest ${formatAgo(latest.created_at, now)}, ${formatBytes(latest.bytes)}`;
  const age = now.getTime() - new Date(latest.created_at).getTime();
  return age > BACKUP_OVERDUE_MS ? warn(name, message) : ok(name, message);
}

/** Loads the model, or asks the endpoint, and embeds a text. */
export async function checkModel({ embedding }: Config, clock: Clock): Promise<Check> {
  const started = performance.now();
  const embedder = createEmbedder(embedding, { clock });
  await embedder.ready();
  const [vector] = await embedder.embed(['Does the embedding model work?']);
  if (!vector?.some((value) => value !== 0)) {
    return fail('embedding model', `${embedder.model} gives an empty vector`);
  }
  const ms = Math.round(performance.now() - started);
  return ok('embedding model', `${embedder.model}, ${embedder.dimensions} dimensions, ${ms} ms`);
}

export async function checkFilesRoots({ filesRoots }: Config): Promise<Check> {
  const name = 'files roots';
  if (filesRoots.length === 0) {
    return ok(name, 'none: TRIBUTARY_FILES_ROOTS is not set, so no folder can be connected');
  }
  const unreadable: string[] = [];
  for (const root of filesRoots) {
    await access(root, constants.R_OK | constants.X_OK).catch(() => unreadable.push(root));
  }
  return unreadable.length === 0
    ? ok(name, filesRoots.join(', '))
    : warn(name, `not readable: ${unreadable.join(', ')}`);
}

/** Only asked when no server of ours is known to listen there. */
export function checkPort({ host, port }: Config): Promise<Check> {
  const place = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(warn('port', `${place} cannot be listened on: ${error.code ?? error.message}`));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => resolve(ok('port', `${place} is free`)));
    });
  });
}
