/**
 * Documents are known by their path below the connection's folder: `/` between names, in Unicode
 * form NFC, so that a folder copied between macOS (which may store NFD) and Linux keeps its ids.
 */
export const toId = (name: string): string => name.normalize('NFC');

export const joinId = (folder: string, name: string): string =>
  folder === '' ? name : `${folder}/${name}`;

/** The names of an id, or undefined when it cannot name anything below the folder. */
export function parseId(id: string): string[] | undefined {
  if (id.includes('\0')) return undefined;
  const names = id.split('/');
  const wrong = names.some((name) => name === '' || name === '.' || name === '..');
  return wrong || names.some((name) => WINDOWS && name.includes('\\')) ? undefined : names;
}

const WINDOWS = process.platform === 'win32';

/** Partition of the files that lie directly in the connection's folder. */
export const ROOT_PARTITION = '.';

/** The partition of an id: its top folder. */
export function partitionOf(id: string): string {
  const end = id.indexOf('/');
  return end === -1 ? ROOT_PARTITION : id.slice(0, end);
}

/** The folder of an id, `.` at the top. */
export function containerOf(id: string): string {
  const end = id.lastIndexOf('/');
  return end === -1 ? ROOT_PARTITION : id.slice(0, end);
}

export const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** `a/b/c.md` -> [`a`, `a/b`]: the folders around it, outermost first. */
export function foldersOf(id: string): string[] {
  const folders: string[] = [];
  for (let at = id.indexOf('/'); at !== -1; at = id.indexOf('/', at + 1)) {
    folders.push(id.slice(0, at));
  }
  return folders;
}
