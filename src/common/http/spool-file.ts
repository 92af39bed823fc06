import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors/app-error.js';

/** Small, so that the work on one chunk never holds the event loop for long. */
const CHUNK_BYTES = 16 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Bytes kept in a temporary file to be read more than once. The file has mode 0600 and no name
 * while it is used, so that nobody else opens it and even a crash leaves nothing behind.
 */
export class SpoolFile {
  private constructor(
    private readonly file: FileHandle,
    /** Bytes. */
    readonly size: number,
    /** SHA-256 of all bytes. */
    readonly hash: Buffer,
  ) {}

  /** @throws AppError `disk_full`; and whatever the source throws */
  static async of(chunks: AsyncIterable<Uint8Array>, folder = tmpdir()): Promise<SpoolFile> {
    const file = await written(openNameless(folder));
    try {
      let size = 0;
      const hash = createHash('sha256');
      for await (const chunk of chunks) {
        hash.update(chunk);
        await written(file.appendFile(chunk));
        size += chunk.length;
      }
      return new SpoolFile(file, size, hash.digest());
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** All bytes but a byte order mark. A chunk is only good until the next one is asked for. */
  async *read(): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const mark = await this.file.read(buffer, 0, BYTE_ORDER_MARK.length, 0);
    const isMarked = buffer.subarray(0, mark.bytesRead).equals(BYTE_ORDER_MARK);
    let position = isMarked ? BYTE_ORDER_MARK.length : 0;
    while (position < this.size) {
      const { bytesRead } = await this.file.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) throw new Error('the temporary file was cut');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Gives the space back. */
  async remove(): Promise<void> {
    await this.file.close();
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const own = await mkdtemp(join(folder, 'tributary-'));
  try {
    return await open(join(own, 'spool'), 'wx+', 0o600);
  } finally {
    await rm(own, { recursive: true });
  }
}

async function written<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined || !NO_SPACE.has(code)) throw cause;
    throw new AppError('disk_full', 'The disk for temporary files is full.', { cause });
  }
}
