import fs from 'node:fs';

/**
 * Calls to the operating system, to be made in another thread, many in one message. Each value of
 * a message costs its way between threads, so there are few of them however many the calls are.
 */
export interface FileCalls {
  /** Absolute paths, each followed by a NUL, which no path can contain. */
  readonly paths: string;
  /** How many bytes of each to read at most; `LOOK`: only its numbers are asked for. */
  readonly maxBytes: Float64Array<ArrayBuffer>;
}

/** What came of each call, in the order of the calls. */
export interface FileAnswers {
  /** `STAT_NUMBERS` of each; zeros where it failed. */
  readonly stats: Float64Array<ArrayBuffer>;
  /** Where each path led while its file was read, followed by a NUL; empty where none was. */
  readonly realPaths: string;
  readonly buffers: readonly ArrayBuffer[];
  /** Of each the bytes that were read: number of the buffer, where they begin, how many. */
  readonly places: Float64Array<ArrayBuffer>;
  readonly errors: readonly SystemError[];
}

export interface SystemError {
  /** Number of the call. */
  readonly call: number;
  readonly code: string | undefined;
  readonly message: string;
}

export const LOOK = -1;
export const STAT_NUMBERS = ['size', 'mtimeMs', 'ctimeMs', 'birthtimeMs', 'dev', 'ino', 'mode'];
export const PLACE_NUMBERS = 3;

/** Files of one message up to this size together (bytes) are read into one buffer. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;

// O_NONBLOCK: a pipe put in the place of a file must not block for ever.
export const READ_ONLY =
  fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** Makes the calls one after the other, blocking; errors are answers. */
export function makeCalls({ paths, maxBytes }: FileCalls): FileAnswers {
  const stats = new Float64Array(maxBytes.length * STAT_NUMBERS.length);
  const places = new Float64Array(maxBytes.length * PLACE_NUMBERS);
  const errors: SystemError[] = [];
  const buffers: ArrayBuffer[] = [];
  const allocate = allocator(maxBytes);
  let realPaths = '';
  splitPaths(paths).forEach((path, call) => {
    let realPath = '';
    try {
      const most = maxBytes[call]!;
      if (most === LOOK) note(stats, call, fs.lstatSync(path));
      else {
        const content = readFile(path, allocate(most));
        const { buffer, byteOffset, length } = content.bytes;
        if (buffers.at(-1) !== buffer) buffers.push(buffer);
        places.set([buffers.length - 1, byteOffset, length], call * PLACE_NUMBERS);
        note(stats, call, content.after);
        realPath = content.realPath;
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      errors.push({ call, code, message });
    }
    realPaths += `${realPath}\0`;
  });
  return { stats, realPaths, buffers, places, errors };
}

/** Paths that are each followed by a NUL. */
export function splitPaths(paths: string): string[] {
  return paths.split('\0').slice(0, -1);
}

/** Slices of one buffer while the files are small: a buffer of its own costs more than a read. */
function allocator(maxBytes: Float64Array): (size: number) => Uint8Array<ArrayBuffer> {
  const total = maxBytes.reduce((sum, most) => sum + Math.max(0, most), 0);
  if (total > MAX_SHARED_BYTES) return (size) => new Uint8Array(size);
  const shared = new Uint8Array(total);
  let used = 0;
  return (size) => shared.subarray(used, (used += size));
}

function readFile(
  path: string,
  buffer: Uint8Array<ArrayBuffer>,
): { bytes: Uint8Array<ArrayBuffer>; realPath: string; after: fs.Stats } {
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
      after: fs.fstatSync(descriptor),
    };
  } finally {
    fs.closeSync(descriptor);
  }
}

function note(stats: Float64Array, call: number, stat: fs.Stats): void {
  const { size, mtimeMs, ctimeMs, birthtimeMs, dev, ino, mode } = stat;
  const numbers = [size, mtimeMs, ctimeMs, birthtimeMs, dev, ino, mode];
  stats.set(numbers, call * STAT_NUMBERS.length);
}
