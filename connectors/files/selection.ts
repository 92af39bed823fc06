import type { FilesConfig } from './files.config.js';
import { IGNORE_FILES, Patterns, type IgnoreRules } from './ignore-rules.js';
import { mediaTypeOf } from './media-types.js';

/** Why an entry is left out, as counted in the run; `null`: not even counted. */
export type SkipReason =
  | 'hidden'
  | 'ignored'
  | 'excluded'
  | 'not_included'
  | 'unsupported_type'
  | 'empty'
  | 'special_file'
  | 'symlink'
  | 'symlink_broken'
  | 'symlink_outside_roots'
  | 'symlink_duplicate';

export type Decision =
  | { readonly take: true; readonly mediaType: string }
  | { readonly take: false; readonly reason: SkipReason | null };

/** Never read: machinery, caches and what operating systems and office programs leave behind. */
const JUNK_FOLDERS = new Set([
  ...['.git', '.hg', '.svn', 'node_modules', '__pycache__', '__MACOSX', '.Trash', 'lost+found'],
  ...['$RECYCLE.BIN', 'System Volume Information', '.Spotlight-V100', '.fseventsd', '@eaDir'],
]);
const JUNK_FILES = new Set([
  ...['.DS_Store', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r', '.localized'],
  ...['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml'],
]);
/** Lock and swap files of office programs and editors, AppleDouble files, minified code. */
const JUNK_NAME = /^(?:~\$|\._|\.~lock\.)|(?:~|\.sw[op]|\.min\.(?:js|css))$/;

const isJunk = (name: string, folder: boolean): boolean =>
  name.startsWith('.tributary') ||
  (folder ? JUNK_FOLDERS.has(name) : JUNK_FILES.has(name) || JUNK_NAME.test(name));

/** Which files and folders of a connection are read, by name alone. */
export class Selection {
  private readonly include: Patterns | null;
  private readonly exclude: Patterns | null;

  constructor(private readonly config: FilesConfig) {
    this.include = config.include?.length ? new Patterns(config.include) : null;
    this.exclude = config.exclude?.length ? new Patterns(config.exclude) : null;
  }

  /** Why a folder is not entered; undefined: it is. */
  folder(id: string, name: string, rules: IgnoreRules | null): SkipReason | null | undefined {
    return this.leftOut(id, name, rules, true);
  }

  file(id: string, name: string, rules: IgnoreRules | null): Decision {
    const reason = this.leftOut(id, name, rules, false);
    if (reason !== undefined) return { take: false, reason };
    if (this.include && !this.include.test(id, false)) {
      return { take: false, reason: 'not_included' };
    }
    const mediaType = mediaTypeOf(name);
    return mediaType ? { take: true, mediaType } : { take: false, reason: 'unsupported_type' };
  }

  private leftOut(
    id: string,
    name: string,
    rules: IgnoreRules | null,
    isFolder: boolean,
  ): SkipReason | null | undefined {
    if (isJunk(name, isFolder) || IGNORE_FILES.includes(name)) return null;
    if (!this.config.hidden && name.startsWith('.')) return 'hidden';
    if (rules?.ignores(id, isFolder)) return 'ignored';
    if (this.exclude?.test(id, isFolder)) return 'excluded';
    return undefined;
  }
}
