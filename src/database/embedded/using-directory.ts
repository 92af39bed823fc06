import { AppError } from '../../common/errors/app-error.js';

/** Why a folder cannot hold the data, by what the operating system says. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it',
  EPERM: 'this user may not use it',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file is in its place',
  ENOENT: 'it cannot be made there',
  ELOOP: 'symbolic links in the path lead in a circle',
  ENAMETOOLONG: 'the path is too long',
};

/**
 * Work on a folder that somebody has named as the data directory.
 * @throws AppError `configuration_invalid` where the folder itself is the trouble
 */
export async function usingDirectory<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
    if (reason === undefined) throw error;
    throw new AppError(
      'configuration_invalid',
      `The data directory ${dataDir} cannot be used: ${reason} (${code}). Set TRIBUTARY_DATA_DIR, ` +
        'or --data-dir, to a folder that this user may write to.',
      { cause: error },
    );
  }
}
