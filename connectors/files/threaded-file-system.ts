import fs from 'node:fs';
import { WorkerCalls } from '../sdk/worker-calls.js';
import type { FileAnswer, FileCall, PlainContent, PlainStat } from './file-calls.js';
import {
  nodeFileSystem,
  type FileContent,
  type FileStat,
  type FileSystem,
  type FolderEntry,
} from './file-system.js';

interface Waiting {
  readonly call: FileCall;
  readonly resolve: (answer: FileAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The calls made once per file go to a thread, together with those of the same turn of the event
 * loop. Made one by one through Node's thread pool they were a quarter of the time of a sync.
 */
export class ThreadedFileSystem implements FileSystem {
  private readonly thread: WorkerCalls<readonly FileCall[], readonly FileAnswer[]>;
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
    return new ThreadedStat((await this.call({ kind: 'lstat', path })) as PlainStat);
  }

  async readFile(path: string, maxBytes: number): Promise<FileContent> {
    const content = (await this.call({ kind: 'readFile', path, maxBytes })) as PlainContent;
    const { bytes, realPath, after } = content;
    return { bytes, realPath, after: new ThreadedStat(after) };
  }

  private async call(call: FileCall): Promise<FileAnswer> {
    const answer = await new Promise<FileAnswer>((resolve, reject) => {
      if (this.waiting.length === 0) setImmediate(() => void this.send());
      this.waiting.push({ call, resolve, reject });
    });
    if (!('error' in answer)) return answer;
    const { code, message } = answer.error;
    throw Object.assign(new Error(message), { code });
  }

  private async send(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      const answers = await this.thread.call(batch.map(({ call }) => call));
      batch.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
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

  constructor({ mode, numbers }: PlainStat) {
    this.size = numbers.size;
    this.mtimeMs = numbers.mtimeMs;
    this.ctimeMs = numbers.ctimeMs;
    this.birthtimeMs = numbers.birthtimeMs;
    this.dev = numbers.dev;
    this.ino = numbers.ino;
    this.#type = mode & fs.constants.S_IFMT;
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
