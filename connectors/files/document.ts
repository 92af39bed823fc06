import { pathToFileURL } from 'node:url';
import type { Body, ItemFailure, SourceDocument } from '../sdk/contract.js';
import type { FileStat } from './file-system.js';
import type { SelectedFile } from './files-source.js';
import { containerOf, foldersOf, nameOf, partitionOf } from './relative-path.js';

/**
 * Changes with every write. The time of the last status change is in it because copying tools set
 * the modification time back (`cp -p`, `rsync -t`); the inode is not, since network file systems
 * renumber theirs, and a file put in the place of another has a new status time anyway.
 */
export function versionOf({ mtimeMs, ctimeMs, size }: FileStat): string {
  return `${mtimeMs}-${ctimeMs}-${size}`;
}

export function toDocument(
  { id, path, mediaType }: SelectedFile,
  stat: FileStat,
  body: Body | (() => Promise<Body>),
): SourceDocument {
  return {
    externalId: id,
    version: versionOf(stat),
    partition: partitionOf(id),
    parents: foldersOf(id),
    title: nameOf(id),
    url: pathToFileURL(path).href,
    author: null,
    container: containerOf(id),
    times: {
      createdAt: stat.birthtimeMs > 0 ? new Date(stat.birthtimeMs) : null,
      updatedAt: new Date(stat.mtimeMs),
    },
    // Rights of the operating system do not name people of the tenant: who may read the
    // collection may read the folder that was put into it.
    access: { mode: 'public', principals: [] },
    metadata: { path: id, size: stat.size, media_type: mediaType },
    body,
    bodyBytes: stat.size,
  };
}

export function toFailure(
  { id, path }: Pick<SelectedFile, 'id' | 'path'>,
  code: string,
  message: string,
): ItemFailure {
  return {
    externalId: id,
    title: nameOf(id),
    url: pathToFileURL(path).href,
    stage: 'list',
    code,
    message,
    partition: partitionOf(id),
  };
}
