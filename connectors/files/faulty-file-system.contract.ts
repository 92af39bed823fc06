import { isWithin } from './root-folder.js';
import { type FileContent, type FileSystem, nodeFileSystem } from './file-system.js';
import { IGNORE_FILES } from './ignore-rules.js';

type Call = keyof FileSystem;

interface Fault {
  readonly calls: readonly Call[];
  readonly path: string;
  /** Everything below the path, too. */
  readonly below: boolean;
  readonly code: string;
  times: number;
}

/** The real file system, with faults put in by path; works for root, whom no mode keeps out. */
export class FaultyFileSystem implements FileSystem {
  /** Files opened for their content (ignore files are not counted). */
  opened = 0;
  /** Runs while a file is open, between its first byte and its last. */
  whileReading: ((path: string) => void) | null = null;
  private faults: Fault[] = [];

  fail(calls: readonly Call[], path: string, code: string, options: Partial<Fault> = {}): void {
    this.faults.push({ calls, path, code, below: false, times: Infinity, ...options });
  }

  heal(): void {
    this.faults = [];
  }

  realpath(path: string) {
    return this.call('realpath', path, () => nodeFileSystem.realpath(path));
  }

  lstat(path: string) {
    return this.call('lstat', path, () => nodeFileSystem.lstat(path));
  }

  readdir(path: string) {
    return this.call('readdir', path, () => nodeFileSystem.readdir(path));
  }

  access(path: string) {
    return this.call('access', path, () => nodeFileSystem.access(path));
  }

  async readFile(path: string, maxBytes: number): Promise<FileContent> {
    if (!IGNORE_FILES.some((name) => path.endsWith(`/${name}`))) this.opened++;
    const before = await this.call('readFile', path, () => nodeFileSystem.readFile(path, maxBytes));
    if (!this.whileReading) return before;
    // As if the first byte had been read before the change, and the rest after it.
    this.whileReading(path);
    const { realPath, after } = await nodeFileSystem.readFile(path, maxBytes);
    return { bytes: before.bytes, realPath, after };
  }

  private async call<Result>(name: Call, path: string, work: () => Promise<Result>) {
    const fault = this.faults.find(
      (it) =>
        it.calls.includes(name) &&
        it.times > 0 &&
        (it.path === path || (it.below && isWithin(path, it.path))),
    );
    if (!fault) return work();
    fault.times--;
    throw Object.assign(new Error(`${fault.code}: injected, ${name} '${path}'`), {
      code: fault.code,
    });
  }
}
