import type { ErrorCode } from '../common/errors/error-codes.js';

/** Codes of routes that seal or open credentials. */
export const CREDENTIAL_ERRORS: readonly ErrorCode[] = [
  'credentials_unreadable',
  'encryption_key_file_exposed',
  'encryption_key_missing',
  'encryption_keys_invalid',
  'encryption_not_configured',
];
