import type { ConnectorContext } from '../sdk/context.js';
import type { FileSystem } from './file-system.js';
import type { FilesConfig } from './files.config.js';
import { openRoot, type RootFolder } from './root-folder.js';
import { Selection } from './selection.js';

/** One connection's folder, ready to be walked. */
export interface FilesSource {
  readonly fileSystem: FileSystem;
  readonly root: RootFolder;
  readonly selection: Selection;
  readonly followLinks: boolean;
  readonly maxFileBytes: number;
}

/** A file that the selection takes. */
export interface SelectedFile {
  readonly id: string;
  /** Real path. */
  readonly path: string;
  readonly mediaType: string;
}

export async function openSource(
  fileSystem: FileSystem,
  roots: readonly string[],
  { config }: Pick<ConnectorContext<FilesConfig>, 'config'>,
): Promise<FilesSource> {
  return {
    fileSystem,
    root: await openRoot(fileSystem, config.path, roots),
    selection: new Selection(config),
    followLinks: config.follow_symlinks,
    maxFileBytes: config.max_file_bytes,
  };
}
