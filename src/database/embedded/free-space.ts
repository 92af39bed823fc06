import { statfs } from 'node:fs/promises';
import { AppError } from '../../common/errors/app-error.js';

/**
 * With less than this PGlite is not opened: its recovery writes, and aborts the whole process
 * where it cannot.
 */
export const MINIMUM_FREE_BYTES = 64 * 1024 * 1024;

/** A checkpoint that finds no space stops the engine, so that nobody can even read. */
export const CHECKPOINT_FREE_BYTES = 16 * 1024 * 1024;

export type MeasureFreeSpace = (folder: string) => Promise<number>;

/** Bytes that this process may still write below `folder`. */
export const freeBytes: MeasureFreeSpace = async (folder) => {
  const disk = await statfs(folder);
  return disk.bavail * disk.bsize;
};

/** @throws AppError `disk_full` when fewer than `needed` bytes are free. */
export async function ensureFreeSpace(
  folder: string,
  needed: number,
  measure: MeasureFreeSpace = freeBytes,
): Promise<void> {
  const free = await measure(folder);
  if (free >= needed) return;
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;
  throw new AppError(
    'disk_full',
    `The disk of ${folder} has ${megabytes(free)} left, ${megabytes(needed)} are needed.`,
  );
}
