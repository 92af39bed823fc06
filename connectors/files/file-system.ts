import fs from 'node:fs';
import { promisify } from 'node:util';
import { READ_ONLY } from './file-calls.js';

/**
 * The calls that the connector makes to the operating system. Handed in, so that tests can make a
 * folder vanish in mid-walk or refuse access even where the user is root.
 */
export interface FileSystem {
  /** Absolute path without links, in the spelling that is on the disk. */
  realpath(path: string): Promise<string>;
  lstat(path: string): Promise<FileStat>;
  /** Entries in any order, with their type as `lstat` would give it. */
  readdir(path: string): Promise<FolderEntry[]>;
  /** Rejects with EACCES when the process may not read the file. */
  access(path: string): Promise<void>;
  /**
   * Reads up to `maxBytes` from the beginning; a symbolic link in the last place is refused
   * (ELOOP).
   */
  readFile(path: string, maxBytes: number): Promise<FileContent>;
}

export interface FileStat {
  readonly size: number;
  /** Milliseconds with fractions, as fine as the file system keeps them. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** 0 where the file system does not know it. */
  readonly birthtimeMs: number;
  readonly dev: number;
  readonly ino: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Where the path led while the file was open. */
  readonly realPath: string;
  /** Of the open file, after its last byte was read. */
  readonly after: FileStat;
}

// The callback functions are about a third faster than fs.promises.
const lstat = promisify(fs.lstat);
const readdir = promisify(fs.readdir);
const realpath = promisify(fs.realpath.native);
const access = promisify(fs.access);
const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const read = promisify(fs.read);

export const nodeFileSystem: FileSystem = {
  realpath: (path) => realpath(path),
  lstat: (path) => lstat(path),
  readdir: (path) => readdir(path, { withFileTypes: true }),
  access: (path) => access(path, fs.constants.R_OK),
  readFile: async (path, maxBytes) => {
    const descriptor = await open(path, READ_ONLY);
    try {
      const bytes = await readUpTo(descriptor, maxBytes);
      return { bytes, realPath: await realpath(path), after: await fstat(descriptor) };
    } finally {
      await close(descriptor);
    }
  },
};

async function readUpTo(descriptor: number, maxBytes: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(maxBytes);
  let filled = 0;
  while (filled < maxBytes) {
    const { bytesRead } = await read(descriptor, buffer, filled, maxBytes - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
