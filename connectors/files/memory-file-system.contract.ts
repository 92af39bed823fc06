import type { FileStat, FileSystem, FolderEntry } from './file-system.js';
import { FilesConfig } from './files.config.js';
import type { FilesSource } from './files-source.js';
import { Selection } from './selection.js';

type Kind = 'file' | 'folder';

const ROOT = '/notes';

/** Folders and files that exist only by name: `readdir` gives them in the order they were added. */
export class MemoryFileSystem implements FileSystem {
  readonly readFolders: string[] = [];
  private readonly children = new Map<string, Map<string, Kind>>([[ROOT, new Map()]]);

  add(path: string): void {
    let folder = ROOT;
    const names = path.split('/');
    const last = names.pop()!;
    for (const name of names) {
      this.children.get(folder)!.set(name, 'folder');
      folder += `/${name}`;
      if (!this.children.has(folder)) this.children.set(folder, new Map());
    }
    this.children.get(folder)!.set(last, 'file');
  }

  realpath(path: string) {
    return Promise.resolve(path);
  }

  lstat(path: string): Promise<FileStat> {
    const kind = this.children.has(path) ? 'folder' : 'file';
    const zero = { mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0, dev: 0, ino: 0 };
    return Promise.resolve({ ...zero, ...typed(kind), size: 1 });
  }

  readdir(path: string): Promise<FolderEntry[]> {
    this.readFolders.push(path);
    const entries = [...this.children.get(path)!];
    return Promise.resolve(entries.map(([name, kind]) => ({ name, ...typed(kind) })));
  }

  access() {
    return Promise.resolve();
  }

  readFile(): Promise<never> {
    return Promise.reject(new Error('Nothing has content here.'));
  }
}

const typed = (kind: Kind) => ({
  isFile: () => kind === 'file',
  isDirectory: () => kind === 'folder',
  isSymbolicLink: () => false,
});

/** A source of these files, named by their paths below `/notes`. */
export function sourceOf(paths: readonly string[]): FilesSource & { fileSystem: MemoryFileSystem } {
  const fileSystem = new MemoryFileSystem();
  for (const path of paths) fileSystem.add(path);
  return {
    fileSystem,
    root: { path: ROOT, allowed: [ROOT] },
    selection: new Selection(FilesConfig.parse({ path: ROOT })),
    followLinks: false,
    maxFileBytes: 1_000,
  };
}
