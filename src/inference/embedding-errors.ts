import type { ErrorCode } from '../common/errors/error-codes.js';

/** Codes of routes that embed a text for a collection. */
export const EMBEDDING_ERRORS: readonly ErrorCode[] = [
  'embedder_unavailable',
  'embedding_model_differs',
  'embedding_refused',
];
