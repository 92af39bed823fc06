import { TransientSourceError } from '../sdk/errors.js';

/** Errors of a file system that is unwell as a whole, as a network drive that went away. */
const TRANSIENT = new Set([
  'EAGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOTCONN',
  'ESTALE',
  'ETIMEDOUT',
]);

/** The code of a system call's error, e.g. `ENOENT`; other errors are bugs and thrown on. */
export function systemCode(error: unknown): string {
  // Not `instanceof Error`, which fails for errors of another realm.
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error;
  if (TRANSIENT.has(code)) {
    const text = `The file system does not answer: ${message}`;
    throw new TransientSourceError('file_system_unavailable', text, undefined, { cause: error });
  }
  return code;
}

export const isMissing = (code: string): boolean => code === 'ENOENT' || code === 'ENOTDIR';

export const isRefused = (code: string): boolean => code === 'EACCES' || code === 'EPERM';
