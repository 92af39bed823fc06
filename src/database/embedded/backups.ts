import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { makeFolder } from '../../common/make-folder.js';
import {
  BACKUP_FILES,
  type BackupManifest,
  KEY_RING_WARNING,
  MANIFEST_FILE,
} from './backup-manifest.js';
import { dataPaths } from './data-directory.js';
import {
  copyFiles,
  type FileList,
  listFiles,
  syncFiles,
  syncPath,
  totalBytes,
} from './file-copy.js';
import { CHECKPOINT_FREE_BYTES, ensureFreeSpace, MINIMUM_FREE_BYTES } from './free-space.js';
import type { RunStatement } from './maintenance.js';

const KEPT = 7;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z$/;

/** Runs `work` while nobody else uses the database. */
export type HoldDatabase = <T>(work: (run: RunStatement) => Promise<T>) => Promise<T>;

export interface BackupReport {
  /** Folder of the backup. */
  path: string;
  createdAt: string;
  bytes: number;
  /** What the operator must know. */
  warning: string;
}

/** Full copies of the embedded database's files, each usable by itself. */
export class Backups {
  private readonly paths: ReturnType<typeof dataPaths>;
  /** One backup at a time. */
  private last: Promise<void> = Promise.resolve();

  constructor(
    dataDir: string,
    private readonly hold: HoldDatabase,
    private readonly clock: Clock,
  ) {
    this.paths = dataPaths(dataDir);
  }

  /**
   * Copies the database to `target` (a new or empty folder), or to a dated folder below
   * `backups/`, of which the newest seven are kept. Requests wait while the files are copied,
   * not while the copies are brought to the disk.
   * @throws AppError `backup_failed`, or `disk_full` before anything is copied.
   */
  create(target?: string): Promise<BackupReport> {
    const next = this.last.then(() => this.createNow(target));
    this.last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  /** The complete dated backups, newest first. */
  async list(): Promise<{ path: string; createdAt: Date }[]> {
    return (await this.dated())
      .filter((name) => existsSync(join(this.paths.backups, name, MANIFEST_FILE)))
      .map((name) => ({ path: join(this.paths.backups, name), createdAt: dateOf(name) }));
  }

  private async createNow(target?: string): Promise<BackupReport> {
    const createdAt = this.clock.now().toISOString();
    const path = resolve(target ?? join(this.paths.backups, createdAt.replaceAll(':', '-')));
    try {
      await refuseUsed(path);
      const bytes = await this.write(path, createdAt);
      if (target === undefined) await this.prune();
      return { path, createdAt, bytes, warning: KEY_RING_WARNING };
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { message } = error as Error;
      throw new AppError('backup_failed', `No backup to ${path}: ${message}`, { cause: error });
    }
  }

  /** The manifest comes last: a folder without one is not a backup. */
  private async write(path: string, createdAt: string): Promise<number> {
    await makeFolder(path);
    const to = join(path, BACKUP_FILES);
    try {
      const list = await this.hold((run) => this.copy(run, to));
      await syncFiles(to, list);
      const postgresVersion = (await readFile(join(to, 'PG_VERSION'), 'utf8')).trim();
      const manifest: BackupManifest = { format: 1, createdAt, postgresVersion, ...list };
      await writeFile(join(path, MANIFEST_FILE), JSON.stringify(manifest));
      for (const made of [join(path, MANIFEST_FILE), path, dirname(path)]) await syncPath(made);
      return totalBytes(list);
    } catch (error) {
      for (const name of [BACKUP_FILES, MANIFEST_FILE]) {
        await rm(join(path, name), { recursive: true, force: true });
      }
      throw error;
    }
  }

  private async copy(run: RunStatement, to: string): Promise<FileList> {
    await ensureFreeSpace(this.paths.database, CHECKPOINT_FREE_BYTES);
    await run('CHECKPOINT');
    const list = await listFiles(this.paths.database);
    await ensureFreeSpace(dirname(to), totalBytes(list) + MINIMUM_FREE_BYTES);
    await copyFiles(this.paths.database, to, list);
    return list;
  }

  /** Removes old backups and what interrupted ones left. */
  private async prune(): Promise<void> {
    const kept = new Set((await this.list()).slice(0, KEPT).map(({ path }) => path));
    for (const name of await this.dated()) {
      const path = join(this.paths.backups, name);
      if (!kept.has(path)) await rm(path, { recursive: true, force: true });
    }
  }

  /** Names of the dated folders, newest first. */
  private async dated(): Promise<string[]> {
    if (!existsSync(this.paths.backups)) return [];
    const names = (await readdir(this.paths.backups)).filter((name) => TIMESTAMP.test(name));
    return names.sort().reverse();
  }
}

/** A folder that may be written to: new or empty. */
async function refuseUsed(path: string): Promise<void> {
  if (!existsSync(path) || (await readdir(path)).length === 0) return;
  throw new AppError('backup_failed', `${path} is not empty.`);
}

function dateOf(name: string): Date {
  return new Date(name.replace(/T(\d{2})-(\d{2})-/, 'T$1:$2:'));
}
