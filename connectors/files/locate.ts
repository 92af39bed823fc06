import { join } from 'node:path';
import { isMissing, isRefused, systemCode } from './file-errors.js';
import type { FileStat } from './file-system.js';
import type { FilesSource, SelectedFile } from './files-source.js';
import { entryOf, type Folder, readFolder } from './folder.js';
import { joinId, parseId } from './relative-path.js';
import { readRoot } from './root-listing.js';
import { resolveLink } from './symlink.js';

export type Located =
  | { readonly state: 'found'; readonly file: SelectedFile; readonly stat: FileStat }
  | { readonly state: 'gone' }
  | { readonly state: 'lost_access' };

const GONE = { state: 'gone' } as const;
const LOST_ACCESS = { state: 'lost_access' } as const;

type Step = { state: 'folder'; folder: Folder } | typeof GONE | typeof LOST_ACCESS;

/**
 * Finds single files by id, by the same rules as the walk: a file that a sweep would not list is
 * gone. Every folder is read once, so make one per call and not per id. An id is taken apart and
 * looked up name by name in what the folders list, so `..` and links lead nowhere.
 */
export class Locator {
  private readonly folders = new Map<string, Promise<Step>>();

  constructor(private readonly source: FilesSource) {}

  /** @throws ConfigError when the connection's folder itself vanished */
  async locate(id: string): Promise<Located> {
    const names = parseId(id);
    const name = names?.pop();
    if (!names || name === undefined) return GONE;
    const parent = await this.folder(names);
    if (parent.state !== 'folder') return parent;
    return this.attempt(() => this.file(parent.folder, name));
  }

  private async file(folder: Folder, name: string): Promise<Located> {
    const { selection, fileSystem } = this.source;
    const id = joinId(folder.id, name);
    const path = await this.pathOf(folder, name, 'file');
    const decision = selection.file(id, name, folder.rules);
    if (path === undefined || !decision.take) return GONE;
    const stat = await fileSystem.lstat(path);
    if (!stat.isFile() || stat.size === 0) return GONE;
    return { state: 'found', file: { id, path, mediaType: decision.mediaType }, stat };
  }

  private folder(names: readonly string[]): Promise<Step> {
    const id = names.join('/');
    const known = this.folders.get(id) ?? this.openFolder(names);
    this.folders.set(id, known);
    return known;
  }

  private async openFolder(names: readonly string[]): Promise<Step> {
    const name = names.at(-1);
    if (name === undefined) return { state: 'folder', folder: await readRoot(this.source) };
    const parent = await this.folder(names.slice(0, -1));
    if (parent.state !== 'folder') return parent;
    const { id: parentId, rules } = parent.folder;
    const id = joinId(parentId, name);
    return this.attempt(async () => {
      const path = await this.pathOf(parent.folder, name, 'folder');
      if (path === undefined) return GONE;
      if (this.source.selection.folder(id, name, rules) !== undefined) return GONE;
      return {
        state: 'folder',
        folder: await readFolder(this.source.fileSystem, id, path, rules),
      };
    });
  }

  private async pathOf(
    folder: Folder,
    name: string,
    kind: 'file' | 'folder',
  ): Promise<string | undefined> {
    const entry = entryOf(folder.entries, name);
    if (!entry) return undefined;
    const path = join(folder.path, entry.nameOnDisk);
    if (entry.kind === kind) return path;
    if (entry.kind !== 'symlink') return undefined;
    const target = await resolveLink(this.source, path);
    return target.kind === kind ? target.path : undefined;
  }

  private async attempt<Result>(
    step: () => Promise<Result>,
  ): Promise<Result | typeof GONE | typeof LOST_ACCESS> {
    try {
      return await step();
    } catch (error) {
      const code = systemCode(error);
      if (isMissing(code)) return GONE;
      if (isRefused(code)) return LOST_ACCESS;
      throw error;
    }
  }
}
