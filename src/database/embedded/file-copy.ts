import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const SYNCS_AT_ONCE = 16;

/** What a copy holds, by path relative to its root, with forward slashes. */
export interface FileList {
  directories: string[];
  files: { path: string; bytes: number }[];
}

/** Everything below a folder. */
export async function listFiles(root: string): Promise<FileList> {
  const list: FileList = { directories: [], files: [] };
  async function walk(relative: string): Promise<void> {
    for (const entry of await readdir(join(root, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        list.directories.push(path);
        await walk(path);
      } else {
        list.files.push({ path, bytes: (await stat(join(root, path))).size });
      }
    }
  }
  await walk('');
  return list;
}

/**
 * Copies the listed files file by file in the kernel, so that no file passes through memory, and
 * as clones where the file system knows them.
 */
export async function copyFiles(from: string, to: string, list: FileList): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const path of list.directories) await mkdir(join(to, path), { recursive: true });
  for (const { path } of list.files) {
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
  }
}

/** Waits until the listed files and folders are on the disk itself. */
export async function syncFiles(root: string, list: FileList): Promise<void> {
  const paths = [...list.files.map(({ path }) => path), ...list.directories, ''].reverse();
  async function syncNext(): Promise<void> {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      await syncPath(join(root, path));
    }
  }
  // File systems write what several wait for in one go.
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, syncNext));
}

/** fsync of one file or folder. */
export async function syncPath(path: string): Promise<void> {
  // Windows cannot open folders; its file system writes their entries by itself.
  if (process.platform === 'win32' && (await stat(path)).isDirectory()) return;
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export function totalBytes(list: FileList): number {
  return list.files.reduce((sum, file) => sum + file.bytes, 0);
}
