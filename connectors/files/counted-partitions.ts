import type { Partition } from '../sdk/contract.js';
import type { FilesSource } from './files-source.js';
import { listPartitions } from './root-listing.js';
import { Walk } from './walk.js';

/** A tree with more folders is not counted to its end: that would double a long listing. */
const MAX_COUNTED_FOLDERS = 5_000;

/**
 * The partitions, with the number of files in each. All are counted before the first is read, since
 * a total is worth nothing until it is whole.
 * @param maxFolders folders, of all partitions together, after which nothing more is counted
 */
export async function* countedPartitions(
  source: FilesSource,
  signal: AbortSignal,
  maxFolders = MAX_COUNTED_FOLDERS,
): AsyncGenerator<Partition> {
  let left = maxFolders;
  for await (const partition of listPartitions(source)) {
    const { files, folders } = await countFiles(source, partition.key, left, signal);
    left -= folders;
    yield { ...partition, expected: files };
  }
}

/** How many files a partition holds, by name alone; null where that cannot be said. */
async function countFiles(
  source: FilesSource,
  partition: string,
  maxFolders: number,
  signal: AbortSignal,
): Promise<{ files: number | null; folders: number }> {
  let files = 0;
  let folders = 0;
  try {
    for await (const events of new Walk(source, partition, { after: null, links: [] }).events()) {
      signal.throwIfAborted();
      for (const { kind } of events) {
        if (kind === 'file') files += 1;
        if (kind === 'folder' && (folders += 1) > maxFolders) return { files: null, folders };
      }
    }
  } catch {
    signal.throwIfAborted();
    // The listing of this very partition meets it too, and says what it means for the run.
    return { files: null, folders };
  }
  return { files, folders };
}
