import type { Body } from '../sdk/contract.js';
import { DocumentGoneError, ItemError } from '../sdk/errors.js';
import { versionOf } from './document.js';
import { isMissing, isRefused, systemCode } from './file-errors.js';
import type { FileStat } from './file-system.js';
import type { FilesSource, SelectedFile } from './files-source.js';
import { nameOf } from './relative-path.js';

/** Once as it was listed, once as it is now, and once more when it changed during that. */
const ATTEMPTS = 3;

/**
 * Reads a file so that the bytes are those of one moment.
 * @param listed the stat of the listing
 * @throws ItemError `file_unreadable`, `too_large`, `changed_while_reading`
 * @throws DocumentGoneError when the file vanished, was emptied or replaced by something else
 */
export async function readBody(
  source: FilesSource,
  file: SelectedFile,
  listed: FileStat,
): Promise<Body> {
  let before = listed;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { bytes, after } = await readOnce(source, file, before);
    if (isSame(before, after) && bytes.length === after.size) {
      return { bytes, mediaType: file.mediaType, fileName: nameOf(file.id) };
    }
    before = attempt === ATTEMPTS ? after : await statAgain(source, file);
  }
  throw new ItemError('changed_while_reading', `${file.id} kept changing while it was read.`);
}

/** The file has become a symbolic link, a folder or a socket. */
const NOT_A_FILE = new Set(['ELOOP', 'EISDIR', 'ENXIO']);

const isSame = (a: FileStat, b: FileStat): boolean =>
  a.dev === b.dev && a.ino === b.ino && versionOf(a) === versionOf(b);

async function readOnce(
  { fileSystem, maxFileBytes }: FilesSource,
  file: SelectedFile,
  before: FileStat,
): Promise<{ bytes: Uint8Array; after: FileStat }> {
  if (before.size > maxFileBytes) throw tooLarge(file, before.size, maxFileBytes);
  try {
    // One byte more than expected shows that the file has grown.
    const { bytes, realPath, after } = await fileSystem.readFile(file.path, before.size + 1);
    // A folder on the way has become a link, which may lead out of the roots.
    if (realPath !== file.path) throw noLongerAFile(file);
    return { bytes, after };
  } catch (error) {
    throw readError(file, error);
  }
}

async function statAgain({ fileSystem }: FilesSource, file: SelectedFile): Promise<FileStat> {
  try {
    const stat = await fileSystem.lstat(file.path);
    if (!stat.isFile() || stat.size === 0) throw noLongerAFile(file);
    return stat;
  } catch (error) {
    throw readError(file, error);
  }
}

function noLongerAFile(file: SelectedFile): DocumentGoneError {
  return new DocumentGoneError(`${file.id} is no longer a file with content.`);
}

export function tooLarge(file: SelectedFile, size: number, limit: number): ItemError {
  return new ItemError('too_large', `${file.id} has ${size} bytes; the limit is ${limit}.`);
}

function readError(file: SelectedFile, error: unknown): unknown {
  if (error instanceof DocumentGoneError) return error;
  const code = systemCode(error);
  if (isMissing(code) || NOT_A_FILE.has(code)) {
    return new DocumentGoneError(`${file.id} vanished after it was listed.`, { cause: error });
  }
  const why = isRefused(code) ? 'it may not be read' : `reading it failed with ${code}`;
  return new ItemError('file_unreadable', `${file.id}: ${why}.`, { cause: error });
}
