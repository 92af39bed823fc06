import { dirname } from 'node:path';
import type { ItemFailure, SourceDocument } from '../sdk/contract.js';
import { mapConcurrently } from '../sdk/map-concurrently.js';
import { toDocument, toFailure } from './document.js';
import { isMissing, systemCode } from './file-errors.js';
import type { FilesSource, SelectedFile } from './files-source.js';
import type { PageTally } from './page-tally.js';
import { readBody, tooLarge } from './read-body.js';
import { containerOf } from './relative-path.js';
import { assertRootExists } from './root-listing.js';

/** Calls of lstat in flight: one message to the thread that makes them, whose waking costs most. */
const CONCURRENT_STATS = 256;

/**
 * The documents behind listed files; what becomes of the others goes to the tally.
 * @throws ConfigError `folder_missing` when the connection's folder vanished
 */
export async function lookAtFiles(
  source: FilesSource,
  files: readonly SelectedFile[],
  tally: PageTally,
): Promise<SourceDocument[]> {
  const results = await mapConcurrently(files, CONCURRENT_STATS, (file) => look(source, file));
  const documents: SourceDocument[] = [];
  const left = new Map<string, string>();
  results.forEach((result, i) => {
    const file = files[i]!;
    if (result === 'vanished') left.set(dirname(file.path), containerOf(file.id));
    else if (result === 'empty') tally.skip('empty');
    else if ('body' in result) documents.push(result);
    else tally.failures.push(result);
  });
  if (left.size > 0) await assertRootExists(source);
  for (const [path, id] of left) {
    if (await isGone(source, path)) {
      tally.note({ kind: 'gap', reason: `${id}: the folder vanished during the listing` });
    }
  }
  return documents;
}

async function look(
  source: FilesSource,
  file: SelectedFile,
): Promise<SourceDocument | ItemFailure | 'empty' | 'vanished'> {
  try {
    const stat = await source.fileSystem.lstat(file.path);
    if (!stat.isFile()) return 'vanished';
    if (stat.size === 0) return 'empty';
    if (stat.size > source.maxFileBytes) {
      const { code, message } = tooLarge(file, stat.size, source.maxFileBytes);
      return toFailure(file, code, message);
    }
    return toDocument(file, stat, () => readBody(source, file, stat));
  } catch (error) {
    const code = systemCode(error);
    if (isMissing(code)) return 'vanished';
    return toFailure(file, 'file_unreadable', `${file.id} cannot be looked at (${code}).`);
  }
}

async function isGone({ fileSystem }: FilesSource, folder: string): Promise<boolean> {
  try {
    return !(await fileSystem.lstat(folder)).isDirectory();
  } catch (error) {
    systemCode(error);
    return true;
  }
}
