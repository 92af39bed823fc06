import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** Largest file that is read at all, in bytes; the default of `max_file_bytes`. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

const Patterns = z.array(z.string().min(1).max(1_000)).max(200);

export const FilesConfig = z.strictObject({
  path: z
    .string()
    .max(4_096)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path')
    .describe('Folder to sync, absolute, within TRIBUTARY_FILES_ROOTS'),
  include: Patterns.optional().describe(
    'Only files that match one of these patterns, written as in .gitignore',
  ),
  exclude: Patterns.optional().describe('Files and folders left out, written as in .gitignore'),
  follow_symlinks: z
    .boolean()
    .default(false)
    .describe('Read symbolic links whose target lies within TRIBUTARY_FILES_ROOTS'),
  max_file_bytes: z.int().positive().max(MAX_FILE_BYTES).default(MAX_FILE_BYTES),
  hidden: z
    .boolean()
    .default(false)
    .describe('Read files and folders whose name starts with a dot'),
});

export type FilesConfig = z.infer<typeof FilesConfig>;

/** The operating system decides what the process may read; there is nothing to hand in. */
export const FilesCredentials = z.strictObject({});

export type FilesCredentials = z.infer<typeof FilesCredentials>;
