import { randomUUID } from 'node:crypto';
import {
  link,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, SystemClock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { makeFolder } from '../../common/make-folder.js';
import { currentProcess, type ProcessIdentity, processState } from './process-identity.js';
import { systemTimers, type Timers } from '../timers.js';
import { usingDirectory } from './using-directory.js';

const HEARTBEAT_MS = 5_000;
/** A holder whose process cannot be looked up from here counts as gone after this silence. */
const SILENCE_MS = 30_000;

/** What a process says about itself while it owns a data directory. */
export interface LockHolder extends ProcessIdentity {
  acquiredAt: string;
  /** Where its API listens, once it does. */
  url: string | null;
}

export interface LockOptions {
  clock?: Clock;
  timers?: Timers;
  /** Called when another process took the directory over, e.g. while this one was frozen. */
  onLost?: () => void;
}

/**
 * Exclusive ownership of a data directory; PGlite has none and loses rows when opened twice.
 *
 * Each owner has a numbered file `lock/<n>.json`, the highest number owns. A taker writes its
 * record to a temporary file and `link()`s it to the next number, which succeeds for exactly one
 * of several takers. Lower numbers are removed only after a higher one exists, so a taker that
 * slept through a whole ownership finds the higher number after its own link and steps back.
 */
export class DataDirectoryLock {
  private stopHeartbeat?: () => void;

  private constructor(
    private readonly folder: string,
    private readonly generation: number,
    private holder: LockHolder,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError `data_directory_in_use`, naming the process that owns the directory;
   *   `configuration_invalid` where there cannot be one
   */
  static acquire(dataDir: string, options: LockOptions = {}): Promise<DataDirectoryLock> {
    return usingDirectory(dataDir, () => DataDirectoryLock.take(dataDir, options));
  }

  private static async take(dataDir: string, options: LockOptions): Promise<DataDirectoryLock> {
    const clock = options.clock ?? new SystemClock();
    const folder = join(dataDir, 'lock');
    await makeFolder(folder);
    const holder = { ...currentProcess(), acquiredAt: clock.now().toISOString(), url: null };
    for (;;) {
      const current = await highest(folder);
      const owner = await liveHolder(folder, current, clock);
      if (owner) throw inUse(dataDir, owner);
      if (!(await takeNumber(folder, current + 1, holder))) continue;
      await sweep(folder, current + 1);
      const lock = new DataDirectoryLock(folder, current + 1, holder, clock);
      lock.beat(options.timers ?? systemTimers, options.onLost);
      return lock;
    }
  }

  /** Adds the address of the API to the lock, where the command line looks for a server. */
  async publish(address: { url: string }): Promise<void> {
    this.holder = { ...this.holder, url: address.url };
    const temporary = await writeTemporary(this.folder, this.holder);
    await rename(temporary, fileOf(this.folder, this.generation));
  }

  async release(): Promise<void> {
    this.stopHeartbeat?.();
    // The number stays, empty, since numbers are never used twice. Needs no space on the disk.
    if (await this.isOwn()) await truncate(fileOf(this.folder, this.generation));
  }

  private beat(timers: Timers, onLost?: () => void): void {
    this.stopHeartbeat = timers.every(HEARTBEAT_MS, () => {
      void this.keepAlive().then((own) => {
        if (own) return;
        this.stopHeartbeat?.();
        onLost?.();
      });
    });
  }

  /** False when the directory belongs to another process now, or is gone. */
  private async keepAlive(): Promise<boolean> {
    try {
      const now = this.clock.now();
      await utimes(fileOf(this.folder, this.generation), now, now);
      return await this.isOwn();
    } catch (error) {
      // Any other failure says nothing about who owns the directory.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  }

  private async isOwn(): Promise<boolean> {
    return (await highest(this.folder)) === this.generation;
  }
}

/**
 * The running process that owns the directory, or null when none does.
 * @throws AppError `configuration_invalid` where the folder cannot be read
 */
export function readLock(
  dataDir: string,
  clock: Clock = new SystemClock(),
): Promise<LockHolder | null> {
  const folder = join(dataDir, 'lock');
  return usingDirectory(dataDir, async () => liveHolder(folder, await highest(folder), clock));
}

function inUse(dataDir: string, owner: LockHolder): AppError {
  const server = owner.url ? `, listening on ${owner.url}` : '';
  return new AppError(
    'data_directory_in_use',
    `The data directory ${dataDir} is in use by process ${owner.pid} ` +
      `(since ${owner.acquiredAt}${server}). Stop it, or set TRIBUTARY_DATA_DIR to another folder.`,
  );
}

async function takeNumber(folder: string, number: number, holder: LockHolder): Promise<boolean> {
  const temporary = await writeTemporary(folder, holder);
  try {
    await link(temporary, fileOf(folder, number));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EEXIST: another taker was first. ENOENT: another taker swept the temporary file away.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  if ((await highest(folder)) === number) return true;
  await rm(fileOf(folder, number), { force: true });
  return false;
}

async function liveHolder(
  folder: string,
  generation: number,
  clock: Clock,
): Promise<LockHolder | null> {
  if (generation === 0) return null;
  const file = fileOf(folder, generation);
  let holder: Partial<LockHolder>;
  let touched: number;
  try {
    touched = (await stat(file)).mtimeMs;
    holder = JSON.parse(await readFile(file, 'utf8')) as Partial<LockHolder>;
  } catch (error) {
    // Empty: released. Half a record: written before it was linked, so a power cut left it.
    if ((error as Error).name === 'SyntaxError') return null;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (!isHolder(holder)) return null;
  const state = processState(holder);
  if (state === 'elsewhere') {
    return clock.now().getTime() - touched < SILENCE_MS ? holder : null;
  }
  return state === 'running' ? holder : null;
}

function isHolder(record: Partial<LockHolder> | null): record is LockHolder {
  return typeof record?.pid === 'number' && typeof record.namespace === 'string';
}

async function highest(folder: string): Promise<number> {
  try {
    const names = await readdir(folder);
    return Math.max(0, ...names.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Removes what earlier owners and takers left. */
async function sweep(folder: string, generation: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const number = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0);
    if (number < generation) await rm(join(folder, name), { force: true });
  }
}

async function writeTemporary(folder: string, holder: LockHolder): Promise<string> {
  const path = join(folder, `${randomUUID()}.tmp`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(holder));
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

function fileOf(folder: string, generation: number): string {
  return join(folder, `${generation}.json`);
}
