import ignore, { type Ignore } from 'ignore';
import { joinId } from './relative-path.js';

/** Read in this order in each folder; a later file overrides an earlier one. */
export const IGNORE_FILES: readonly string[] = ['.gitignore', '.ignore', '.tributaryignore'];

/** `ignore` keeps every path it was asked about; a walk over a million files must not. */
const MAX_REMEMBERED = 5_000;

/** Stands for a folder that no pattern names. */
const SOME_FOLDER = '\u0001';

/** Patterns as in .gitignore (https://git-scm.com/docs/gitignore), case-sensitive. */
export class Patterns {
  private matcher: Ignore;
  private asked = 0;

  constructor(private readonly lines: readonly string[]) {
    this.matcher = this.compile();
  }

  /** True: matches, false: excepted by a `!` pattern, undefined: no pattern speaks about it. */
  test(path: string, isFolder: boolean): boolean | undefined {
    if (++this.asked > MAX_REMEMBERED) {
      this.matcher = this.compile();
      this.asked = 0;
    }
    const result = this.matcher.test(isFolder ? `${path}/` : path);
    return result.ignored ? true : result.unignored ? false : undefined;
  }

  private compile(): Ignore {
    return ignore({ ignorecase: false }).add([...this.lines]);
  }
}

/** The ignore files from the connection's folder down to one folder; the deepest speaks first. */
export class IgnoreRules {
  private constructor(
    private readonly folder: string,
    private readonly patterns: Patterns,
    private readonly outer: IgnoreRules | null,
  ) {}

  /** @param texts contents of the folder's ignore files, in the order of IGNORE_FILES */
  static within(outer: IgnoreRules | null, folder: string, texts: string[]): IgnoreRules | null {
    const lines = texts.flatMap((text) => text.replace(/^\uFEFF/, '').split(/\r?\n/));
    const speaks = lines.some((line) => line.trim() !== '' && !line.startsWith('#'));
    return speaks ? new IgnoreRules(folder, new Patterns(lines), outer) : outer;
  }

  /** @param path id of an entry of the folder these rules were made for, or below it */
  ignores(path: string, isFolder: boolean): boolean {
    const verdict = this.verdict(path.slice(joinId(this.folder, '').length), isFolder);
    return verdict ?? this.outer?.ignores(path, isFolder) ?? false;
  }

  /**
   * `ignore` also ignores what lies in an ignored folder. Who asks about an entry has entered its
   * folder, so a deeper file has taken that folder in again: then only the entry's name counts.
   */
  private verdict(below: string, isFolder: boolean): boolean | undefined {
    const end = below.lastIndexOf('/');
    if (end === -1 || this.patterns.test(below.slice(0, end), true) !== true) {
      return this.patterns.test(below, isFolder);
    }
    return this.patterns.test(SOME_FOLDER + below.slice(end), isFolder);
  }
}
