import fs from 'node:fs';
import { WorkerCalls } from '../sdk/worker-calls.js';
import {
  LOOK,
  PLACE_NUMBERS,
  splitPaths,
  STAT_NUMBERS,
  type FileAnswers,
  type FileCalls,
} from './file-calls.js';
import {
  nodeFileSystem,
  type FileContent,
  type FileStat,
  type FileSystem,
  type FolderEntry,
} from './file-system.js';

const NOTHING = new Uint8Array();

interface Waiting {
  readonly path: string;
  readonly maxBytes: number;
  readonly resolve: (content: ThreadedContent) => void;
  readonly reject: (error: unknown) => void;
}

/** Without bytes and path where the file was only looked at. */
interface ThreadedContent extends FileContent {
  readonly after: ThreadedStat;
}

/**
 * The calls made once per file go to a thread, together with those of the same turn of the event
 * loop. Made one by one through Node's thread pool they were a quarter of the time of a sync.
 */
export class ThreadedFileSystem implements FileSystem {
  private readonly thread: WorkerCalls<FileCalls, FileAnswers>;
  private waiting: Waiting[] = [];

  /** @param worker path of the compiled `file-calls.worker.js` */
  constructor(worker: string) {
    this.thread = new WorkerCalls(worker);
  }

  realpath(path: string): Promise<string> {
    return nodeFileSystem.realpath(path);
  }

  readdir(path: string): Promise<FolderEntry[]> {
    return nodeFileSystem.readdir(path);
  }

  access(path: string): Promise<void> {
    return nodeFileSystem.access(path);
  }

  async lstat(path: string): Promise<FileStat> {
    return (await this.call(path, LOOK)).after;
  }

  readFile(path: string, maxBytes: number): Promise<FileContent> {
    return this.call(path, maxBytes);
  }

  private call(path: string, maxBytes: number): Promise<ThreadedContent> {
    return new Promise((resolve, reject) => {
      // As Node refuses it; it would also end the path for the thread.
      if (path.includes('\0'))
        throw failure('ERR_INVALID_ARG_VALUE', 'a path cannot contain null bytes');
      if (this.waiting.length === 0) setImmediate(() => void this.send());
      this.waiting.push({ path, maxBytes, resolve, reject });
    });
  }

  private async send(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      const answers = await this.thread.call({
        paths: batch.map(({ path }) => `${path}\0`).join(''),
        maxBytes: Float64Array.from(batch, ({ maxBytes }) => maxBytes),
      });
      handOut(answers, batch);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function handOut(
  { stats, realPaths, buffers, places, errors }: FileAnswers,
  batch: readonly Waiting[],
): void {
  for (const { call, code, message } of errors) batch[call]!.reject(failure(code, message));
  const ofEach = splitPaths(realPaths);
  batch.forEach(({ maxBytes, resolve }, call) => {
    const [buffer, from, length] = places.subarray(call * PLACE_NUMBERS);
    const after = new ThreadedStat(stats.subarray(call * STAT_NUMBERS.length));
    // Nobody hears it of one that has failed.
    const bytes =
      maxBytes === LOOK || buffers.length === 0
        ? NOTHING
        : new Uint8Array(buffers[buffer!]!, from, length);
    resolve({ bytes, realPath: ofEach[call]!, after });
  });
}

function failure(code: string | undefined, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** What was looked up in the other thread, with the questions that do not survive the way. */
class ThreadedStat implements FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly dev: number;
  readonly ino: number;
  readonly #type: number;

  /** @param numbers those of `STAT_NUMBERS` */
  constructor(numbers: Float64Array) {
    this.size = numbers[0]!;
    this.mtimeMs = numbers[1]!;
    this.ctimeMs = numbers[2]!;
    this.birthtimeMs = numbers[3]!;
    this.dev = numbers[4]!;
    this.ino = numbers[5]!;
    this.#type = numbers[6]! & fs.constants.S_IFMT;
  }

  isFile(): boolean {
    return this.#type === fs.constants.S_IFREG;
  }

  isDirectory(): boolean {
    return this.#type === fs.constants.S_IFDIR;
  }

  isSymbolicLink(): boolean {
    return this.#type === fs.constants.S_IFLNK;
  }
}
