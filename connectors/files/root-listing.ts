import { join } from 'node:path';
import type { Partition } from '../sdk/contract.js';
import { isMissing, systemCode } from './file-errors.js';
import type { FilesSource } from './files-source.js';
import { type Folder, readFolder } from './folder.js';
import { ROOT_PARTITION } from './relative-path.js';
import { rootError } from './root-folder.js';
import { resolveLink } from './symlink.js';

/** @throws ConfigError `folder_missing`, `folder_unreadable` */
export async function readRoot({ fileSystem, root }: FilesSource): Promise<Folder> {
  try {
    return await readFolder(fileSystem, '', root.path, null);
  } catch (error) {
    throw rootError(root.path, systemCode(error), error);
  }
}

/** Tells a folder that vanished from one that vanished with everything around it. */
export async function assertRootExists({ fileSystem, root }: FilesSource): Promise<void> {
  try {
    await fileSystem.lstat(root.path);
  } catch (error) {
    const code = systemCode(error);
    if (isMissing(code)) throw rootError(root.path, code, error);
    throw error;
  }
}

/** The files at the top and one partition per selected top folder. */
export async function* listPartitions(source: FilesSource): AsyncGenerator<Partition> {
  const { entries, rules, path } = await readRoot(source);
  yield { key: ROOT_PARTITION, title: 'Files at the top' };
  for (const { name, nameOnDisk, kind } of entries) {
    const isFolder =
      kind === 'folder' ||
      (kind === 'symlink' && (await resolveLink(source, join(path, nameOnDisk))).kind === 'folder');
    if (isFolder && source.selection.folder(name, name, rules) === undefined) {
      yield { key: name, title: name };
    }
  }
}
