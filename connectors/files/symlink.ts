import { isMissing, isRefused, systemCode } from './file-errors.js';
import type { FilesSource } from './files-source.js';
import { isWithin } from './root-folder.js';
import type { SkipReason } from './selection.js';

export type LinkTarget =
  | { readonly kind: 'file' | 'folder'; readonly path: string }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/**
 * Where a symbolic link leads. A target inside the connection's folder is listed under its own
 * path already, so only targets elsewhere within the roots are followed; that also ends loops.
 */
export async function resolveLink(
  { fileSystem, root, followLinks }: FilesSource,
  link: string,
): Promise<LinkTarget> {
  if (!followLinks) return { kind: 'skipped', reason: 'symlink' };
  try {
    const path = await fileSystem.realpath(link);
    if (isWithin(path, root.path)) return { kind: 'skipped', reason: 'symlink_duplicate' };
    if (!root.allowed.some((allowed) => isWithin(path, allowed))) {
      return { kind: 'skipped', reason: 'symlink_outside_roots' };
    }
    const stat = await fileSystem.lstat(path);
    if (stat.isDirectory()) return { kind: 'folder', path };
    return stat.isFile() ? { kind: 'file', path } : { kind: 'skipped', reason: 'special_file' };
  } catch (error) {
    const code = systemCode(error);
    // ELOOP: links that lead to each other.
    if (isMissing(code) || isRefused(code) || code === 'ELOOP') {
      return { kind: 'skipped', reason: 'symlink_broken' };
    }
    throw error;
  }
}
