import { z } from 'zod';

/**
 * 1 to 128 letters or digits of any script, spaces and `. _ - : @ +`, no space at either end,
 * neither `.` nor `..`. No slash: proxies decode `%2F` in paths. Compared in Unicode form NFC.
 */
export const CollectionName = z
  .string()
  .normalize('NFC')
  .min(1)
  .max(128)
  .regex(/^(?! )(?!\.{1,2}$)[\p{L}\p{M}\p{N} ._:@+-]*(?<! )$/u, {
    error: 'may hold letters, digits, inner spaces and . _ - : @ + only',
  })
  .describe('Name of a collection: letters, digits, inner spaces and `. _ - : @ +`');
