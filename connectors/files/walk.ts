import { join } from 'node:path';
import { isMissing, systemCode } from './file-errors.js';
import type { FilesSource, SelectedFile } from './files-source.js';
import { type Entry, entryOf, type Folder, readFolder } from './folder.js';
import { assertRootExists, readRoot } from './root-listing.js';
import type { IgnoreRules } from './ignore-rules.js';
import { joinId, parseId, ROOT_PARTITION } from './relative-path.js';
import { isWithin } from './root-folder.js';
import type { SkipReason } from './selection.js';
import { resolveLink } from './symlink.js';

/** What the walk met, in the order of the entries. */
export type WalkEvent =
  | { readonly kind: 'file'; readonly file: SelectedFile }
  | { readonly kind: 'folder' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly count: number }
  /** A folder that could not be read: what is in it is unknown. */
  | { readonly kind: 'gap'; readonly reason: string }
  /** A name that is not valid Unicode and so cannot be opened. */
  | { readonly kind: 'unreadable_name'; readonly id: string; readonly path: string }
  /** A name that differs from that of its neighbour only in its Unicode form; the id has its own. */
  | { readonly kind: 'duplicate_name'; readonly id: string; readonly path: string }
  /** The real path of a link that was followed. */
  | { readonly kind: 'link'; readonly target: string };

export interface WalkPosition {
  /** Id of the last file that is done; null: from the beginning. */
  readonly after: string | null;
  /** Targets of links followed so far, which are not followed twice. */
  readonly links: readonly string[];
}

interface Frame {
  readonly folder: Folder;
  next: number;
  /** Names below this folder that lead to the last file that is done; null once past it. */
  after: readonly string[] | null;
  /** Reached through a symbolic link. */
  readonly linked: boolean;
}

/** Where an entry lies that is at or past the position. */
interface Place {
  /** The last file that is done is this entry, or below it. */
  readonly onTheWay: boolean;
  /** Names below the entry that lead to that file; null where there is none below. */
  readonly after: readonly string[] | null;
}

const PAST: Place = { onTheWay: false, after: null };

/** Folders can hold a million files: whoever wants 500 of them does not wait for all. */
const MAX_TOGETHER = 500;

/** The bytes of a name that are no UTF-8 arrive as this character. */
const REPLACEMENT = '\uFFFD';

/**
 * Walks one partition, depth first, entries by name: the order is a total one, so that a walk can
 * continue after any file, also when that file or its neighbours have changed since. Folders that
 * lie before the position are not read again.
 */
export class Walk {
  private readonly links: Set<string>;
  private readonly stack: Frame[] = [];

  constructor(
    private readonly source: FilesSource,
    private readonly partition: string,
    private readonly position: WalkPosition,
  ) {
    this.links = new Set(position.links);
  }

  /**
   * What it meets, in order: what lies side by side in a folder comes together, since a turn of the
   * event loop for each file would cost more than looking at it.
   * @throws ConfigError `folder_missing` when the connection's folder vanished
   */
  async *events(): AsyncGenerator<readonly WalkEvent[]> {
    const top = await readRoot(this.source);
    const atRoot = this.partition === ROOT_PARTITION;
    const only = atRoot ? undefined : entryOf(top.entries, this.partition);
    if (!atRoot && only?.kind !== 'folder' && only?.kind !== 'symlink') {
      yield [{ kind: 'gap', reason: `${this.partition}: the folder vanished during the listing` }];
      return;
    }
    const entries = only ? [only] : top.entries.filter((entry) => entry.kind !== 'folder');
    if (!only && this.position.after === null)
      for await (const event of this.duplicates(top)) yield [event];
    this.stack.push({
      folder: { ...top, entries },
      next: 0,
      after: this.position.after === null ? null : (parseId(this.position.after) ?? null),
      linked: false,
    });
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      const met = this.filesFrom(frame);
      if (met.length > 0) {
        yield met;
        continue;
      }
      const entry = frame.folder.entries[frame.next++];
      if (entry) for await (const event of this.visit(frame, entry)) yield [event];
      else this.stack.pop();
    }
  }

  /** What the entries up to the next folder or link are, or some of them. */
  private filesFrom(frame: Frame): WalkEvent[] {
    const met: WalkEvent[] = [];
    for (; met.length < MAX_TOGETHER; frame.next += 1) {
      const entry = frame.folder.entries[frame.next];
      if (entry?.kind !== 'file' && entry?.kind !== 'special') break;
      if (!placeOf(frame, entry)) continue;
      const event = entry.kind === 'file' ? this.file(frame, entry) : skipped('special_file');
      if (event) met.push(event);
    }
    return met;
  }

  private async *visit(frame: Frame, entry: Entry): AsyncGenerator<WalkEvent> {
    const place = placeOf(frame, entry);
    if (!place) return;
    const at = { ...placed(frame, entry), ...place };
    if (entry.kind === 'folder') yield* this.folder(frame, entry, { ...at, linked: false });
    else yield* this.symlink(frame, entry, at);
  }

  private file(frame: Frame, entry: Entry, at = placed(frame, entry)): WalkEvent | undefined {
    const decision = this.source.selection.file(at.id, entry.name, frame.folder.rules);
    if (!decision.take) return decision.reason ? skipped(decision.reason) : undefined;
    if (entry.nameOnDisk.includes(REPLACEMENT)) return { kind: 'unreadable_name', ...at };
    return { kind: 'file', file: { ...at, mediaType: decision.mediaType } };
  }

  /** What of a folder would be read, had it a name of its own. */
  private async *duplicates(folder: Folder): AsyncGenerator<WalkEvent> {
    for (const entry of folder.duplicates) {
      const { nameOnDisk } = entry;
      // The one that is walked has the same name, and is named.
      if (nameOnDisk.includes(REPLACEMENT)) continue;
      const path = join(folder.path, nameOnDisk);
      const reason = await this.leftOut(folder, entry, path);
      if (reason) yield skipped(reason);
      if (reason !== undefined) continue;
      yield { kind: 'duplicate_name', id: joinId(folder.id, nameOnDisk), path };
    }
  }

  /** Why an entry would be passed over by its own name; undefined: it would not. */
  private async leftOut(
    { id: folderId, rules }: Folder,
    { name, kind }: Entry,
    path: string,
  ): Promise<SkipReason | null | undefined> {
    if (kind === 'special') return 'special_file';
    const target = kind === 'symlink' ? await resolveLink(this.source, path) : { kind, path };
    if (target.kind === 'skipped') return target.reason;
    const { selection, fileSystem } = this.source;
    const id = joinId(folderId, name);
    if (target.kind === 'folder') return selection.folder(id, name, rules);
    const decision = selection.file(id, name, rules);
    if (!decision.take) return decision.reason;
    const size = await fileSystem.lstat(target.path).then(
      (stat) => stat.size,
      () => null,
    );
    return size === 0 ? 'empty' : undefined;
  }

  private async *folder(
    frame: Frame,
    entry: Entry,
    at: { id: string; path: string; after: readonly string[] | null; linked: boolean },
  ): AsyncGenerator<WalkEvent> {
    const reason = this.source.selection.folder(at.id, entry.name, frame.folder.rules);
    if (reason !== undefined) {
      if (reason) yield skipped(reason);
      return;
    }
    const linked = at.linked || frame.linked;
    const visited = at.path === this.source.root.path || this.links.has(at.path);
    if (frame.linked && !at.linked && !at.after && visited) {
      yield skipped('symlink_duplicate');
      return;
    }
    yield { kind: 'folder' };
    const folder = await this.read(at.id, at.path, frame.folder.rules);
    if (typeof folder === 'string') {
      if (entry.nameOnDisk.includes(REPLACEMENT)) yield { kind: 'unreadable_name', ...at };
      else yield { kind: 'gap', reason: folder };
      return;
    }
    if (!at.after) yield* this.duplicates(folder);
    this.stack.push({ folder, next: 0, after: at.after, linked });
  }

  private async *symlink(
    frame: Frame,
    entry: Entry,
    { id, path, after, onTheWay }: { id: string; path: string } & Place,
  ): AsyncGenerator<WalkEvent> {
    const target = await resolveLink(this.source, path);
    // A link to a folder at the top is a partition of its own.
    if (target.kind === 'folder' && this.partition === ROOT_PARTITION) return;
    if (target.kind !== 'folder' && onTheWay) return;
    if (target.kind === 'skipped') {
      yield skipped(target.reason);
      return;
    }
    if (!onTheWay) {
      if (this.isListedElsewhere(target.path)) {
        yield skipped('symlink_duplicate');
        return;
      }
      this.links.add(target.path);
      yield { kind: 'link', target: target.path };
    }
    if (target.kind === 'file') {
      const event = this.file(frame, entry, { id, path: target.path });
      if (event) yield event;
    } else yield* this.folder(frame, entry, { id, path: target.path, after, linked: true });
  }

  /** Also ends loops: no folder is entered by a second link. */
  private isListedElsewhere(path: string): boolean {
    if (isWithin(path, this.source.root.path)) return true;
    for (const target of this.links) if (isWithin(path, target)) return true;
    return false;
  }

  /** The folder, or why it cannot be read. */
  private async read(
    id: string,
    path: string,
    outer: IgnoreRules | null,
  ): Promise<Folder | string> {
    try {
      return await readFolder(this.source.fileSystem, id, path, outer);
    } catch (error) {
      const code = systemCode(error);
      await assertRootExists(this.source);
      if (isMissing(code)) return `${id}: the folder vanished during the listing`;
      return `${id}: the folder cannot be read (${code})`;
    }
  }
}

/** Null: the entry lies before the position, or is the last file that is done. */
function placeOf(frame: Frame, entry: Entry): Place | null {
  if (frame.after === null) return PAST;
  const [done, ...below] = frame.after;
  if (done === undefined) return PAST;
  if (entry.name < done) return null;
  if (entry.name !== done) {
    frame.after = null;
    return PAST;
  }
  // Only a folder holds something that comes after itself.
  if (entry.kind !== 'folder' && entry.kind !== 'symlink') return null;
  return { onTheWay: true, after: below.length > 0 ? below : null };
}

const placed = ({ folder }: Frame, { name, nameOnDisk }: Entry) => ({
  id: joinId(folder.id, name),
  path: join(folder.path, nameOnDisk),
});

const skipped = (reason: SkipReason, count = 1): WalkEvent => ({ kind: 'skipped', reason, count });
