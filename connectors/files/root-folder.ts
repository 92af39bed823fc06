import { resolve, sep } from 'node:path';
import { ConfigError } from '../sdk/errors.js';
import { isMissing, systemCode } from './file-errors.js';
import type { FileSystem } from './file-system.js';

/** The connection's folder, checked. */
export interface RootFolder {
  /** Real path; also the id of the account. */
  readonly path: string;
  /** Real paths of the folders that may be read at all. */
  readonly allowed: readonly string[];
}

/** True when `path` is `folder` or lies in it; both real paths. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * Resolves the configured path; its real path must lie within one of the roots, so that neither
 * `..` nor a link leads out.
 * @throws ConfigError `folder_missing`, `not_a_folder`, `folder_unreadable`, `path_not_allowed`
 */
export async function openRoot(
  fileSystem: FileSystem,
  path: string,
  roots: readonly string[],
): Promise<RootFolder> {
  const allowed = await realRoots(fileSystem, roots);
  let real: string;
  try {
    real = await fileSystem.realpath(path);
    // Said before anything about the folder itself: what lies elsewhere is not to be probed.
    if (!allowed.some((root) => isWithin(real, root))) throw notAllowed(path);
    if (!(await fileSystem.lstat(real)).isDirectory()) {
      throw new ConfigError('not_a_folder', `${path} is not a folder.`);
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = systemCode(error);
    const plain = resolve(path);
    if (![...roots, ...allowed].some((root) => isWithin(plain, root))) throw notAllowed(path);
    throw rootError(path, code, error);
  }
  return { path: real, allowed };
}

/** What the failure of a system call on the connection's folder means; its data is kept. */
export function rootError(path: string, code: string, cause: unknown): ConfigError {
  return isMissing(code)
    ? new ConfigError('folder_missing', `The folder ${path} does not exist.`, { cause })
    : new ConfigError('folder_unreadable', `The folder ${path} cannot be read (${code}).`, {
        cause,
      });
}

function notAllowed(path: string): ConfigError {
  return new ConfigError(
    'path_not_allowed',
    `${path} does not lie within the folders of TRIBUTARY_FILES_ROOTS.`,
  );
}

/** Roots that do not exist allow nothing. */
async function realRoots(fileSystem: FileSystem, roots: readonly string[]): Promise<string[]> {
  const real = await Promise.all(
    roots.map(async (root) => {
      try {
        return await fileSystem.realpath(root);
      } catch (error) {
        systemCode(error);
        return undefined;
      }
    }),
  );
  return real.filter((root) => root !== undefined);
}
