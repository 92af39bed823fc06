import fs from 'node:fs';
import type { FileStat } from './file-system.js';

/** Calls to the operating system as data, to be made in another thread, many in one message. */
export type FileCall =
  | { readonly kind: 'lstat'; readonly path: string }
  | { readonly kind: 'readFile'; readonly path: string; readonly maxBytes: number };

export type FileAnswer = PlainStat | PlainContent | { readonly error: SystemError };

/** What survives the way between threads of a `FileStat`. */
export interface PlainStat {
  readonly mode: number;
  readonly numbers: Omit<FileStat, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

export interface PlainContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly realPath: string;
  readonly after: PlainStat;
}

export interface SystemError {
  readonly code: string | undefined;
  readonly message: string;
}

/** Files of one message up to this size together (bytes) are read into one buffer. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;

// O_NONBLOCK: a pipe put in the place of a file must not block for ever.
export const READ_ONLY =
  fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** Makes the calls one after the other, blocking; errors are answers. */
export function makeCalls(calls: readonly FileCall[]): {
  answers: FileAnswer[];
  buffers: ArrayBuffer[];
} {
  const buffers = new Set<ArrayBuffer>();
  const allocate = allocator(calls);
  const answers = calls.map((call): FileAnswer => {
    try {
      if (call.kind === 'lstat') return plain(fs.lstatSync(call.path));
      const content = readFile(call.path, allocate(call.maxBytes));
      buffers.add(content.bytes.buffer);
      return content;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { error: { code, message } };
    }
  });
  return { answers, buffers: [...buffers] };
}

/** Slices of one buffer while the files are small: a buffer of its own costs more than a read. */
function allocator(calls: readonly FileCall[]): (size: number) => Uint8Array<ArrayBuffer> {
  const total = calls.reduce((sum, call) => sum + ('maxBytes' in call ? call.maxBytes : 0), 0);
  if (total > MAX_SHARED_BYTES) return (size) => new Uint8Array(size);
  const shared = new Uint8Array(total);
  let used = 0;
  return (size) => shared.subarray(used, (used += size));
}

function readFile(path: string, buffer: Uint8Array<ArrayBuffer>): PlainContent {
  const descriptor = fs.openSync(path, READ_ONLY);
  try {
    let filled = 0;
    while (filled < buffer.length) {
      const count = fs.readSync(descriptor, buffer, filled, buffer.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return {
      bytes: buffer.subarray(0, filled),
      realPath: fs.realpathSync.native(path),
      after: plain(fs.fstatSync(descriptor)),
    };
  } finally {
    fs.closeSync(descriptor);
  }
}

function plain({ mode, size, mtimeMs, ctimeMs, birthtimeMs, dev, ino }: fs.Stats): PlainStat {
  return { mode, numbers: { size, mtimeMs, ctimeMs, birthtimeMs, dev, ino } };
}
