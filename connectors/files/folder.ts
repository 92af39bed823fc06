import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { isMissing, systemCode } from './file-errors.js';
import type { FileSystem, FolderEntry } from './file-system.js';
import { IGNORE_FILES, IgnoreRules } from './ignore-rules.js';
import { toId } from './relative-path.js';

/** One folder as it was read: its entries in walk order and the ignore rules that hold in it. */
export interface Folder {
  readonly id: string;
  /** Real path. */
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly rules: IgnoreRules | null;
  /** Entries without an id of their own, because another has the same name in NFC. */
  readonly duplicates: readonly Entry[];
}

export interface Entry {
  /** In NFC; ids are made of it, and entries are in its order (UTF-16 code units). */
  readonly name: string;
  readonly nameOnDisk: string;
  readonly kind: 'file' | 'folder' | 'symlink' | 'special';
}

const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

/**
 * Reads a folder and its ignore files. When an ignore file cannot be read, the folder cannot
 * either: what it keeps out must not get in.
 * @throws the error of the system call
 */
export async function readFolder(
  fileSystem: FileSystem,
  id: string,
  path: string,
  outer: IgnoreRules | null,
): Promise<Folder> {
  const all = (await fileSystem.readdir(path)).map(toEntry).sort(inWalkOrder);
  const isFirst = (entry: Entry, at: number) => entry.name !== all[at - 1]?.name;
  const entries = all.filter(isFirst);
  const ignoreFiles = IGNORE_FILES.filter((name) => entryOf(entries, name)?.kind === 'file');
  const texts = await Promise.all(
    ignoreFiles.map((name) => readIgnoreFile(fileSystem, join(path, name))),
  );
  return {
    id,
    path,
    entries,
    rules: IgnoreRules.within(outer, id, texts),
    duplicates: all.filter((entry, at) => !isFirst(entry, at)),
  };
}

/** The entry of that name; entries are sorted, and folders can hold a million of them. */
export function entryOf(entries: readonly Entry[], name: string): Entry | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.name < name) low = middle + 1;
    else high = middle;
  }
  return entries[low]?.name === name ? entries[low] : undefined;
}

function toEntry(entry: FolderEntry): Entry {
  const kind = entry.isFile()
    ? 'file'
    : entry.isDirectory()
      ? 'folder'
      : entry.isSymbolicLink()
        ? 'symlink'
        : 'special';
  return { name: toId(entry.name), nameOnDisk: entry.name, kind };
}

/** Of two names that are equal in NFC the one already in NFC comes first and wins. */
function inWalkOrder(a: Entry, b: Entry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.nameOnDisk === a.name) return -1;
  return b.nameOnDisk === b.name || a.nameOnDisk > b.nameOnDisk ? 1 : -1;
}

async function readIgnoreFile(fileSystem: FileSystem, path: string): Promise<string> {
  try {
    const { bytes } = await fileSystem.readFile(path, MAX_IGNORE_FILE_BYTES);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (isMissing(systemCode(error))) return '';
    throw error;
  }
}
