import type { ErrorCode } from '../common/errors/error-codes.js';

/** What an operation can end with that asks the source of a connection. */
export const SOURCE_ERRORS: readonly ErrorCode[] = [
  'connection_not_found',
  'invalid_config',
  'path_not_allowed',
  'probe_failed',
  'source_unavailable',
];
