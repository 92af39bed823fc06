import { QdrantClientTimeoutError } from '@qdrant/js-client-rest';
import { AppError } from '../../common/errors/app-error.js';

/** Qdrant has no such collection: never made, or its storage was lost. */
export class QdrantCollectionMissing extends Error {}

/** There was no answer in time: Qdrant may still do it, even after what it is asked next. */
export class MayBeDoneLater extends AppError {
  constructor(reason: string, cause?: unknown) {
    super('index_unavailable', `The vector index does not answer: ${reason}`, {
      retryAfter: 1,
      cause,
    });
  }
}

/** The connection ended without an answer, mostly because it had been idle as it was used again. */
export class ConnectionEnded extends AppError {
  constructor(reason: string, cause: unknown) {
    super('index_unavailable', `The vector index does not answer: ${reason}`, {
      retryAfter: 1,
      cause,
    });
  }
}

/** Qdrant finds fault with what a request carries: asked again, it will again. */
export class QdrantRefusal extends Error {}

/** Whatever else it answers, a wrong key among it, is not the fault of one point. */
const FAULTS_OF_A_REQUEST = [400, 409, 413, 422];

/** https://undici.nodejs.org/#/docs/api/Errors and what the system says. */
const ENDED_CONNECTIONS = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

/**
 * What went wrong, as the product tells it. The client throws errors of its own shapes: for a
 * status (`ApiError` and `QdrantClientUnexpectedResponseError`), for a time-out, for a 429 and,
 * without a server, whatever `fetch` throws.
 */
export function translateQdrantError(error: unknown): Error {
  const status = statusOf(error);
  const reason = reasonOf(error);
  if (status === 404) return new QdrantCollectionMissing(reason);
  if (status !== undefined && FAULTS_OF_A_REQUEST.includes(status)) {
    return new QdrantRefusal(`Qdrant answered ${status}: ${reason}`);
  }
  if (ENDED_CONNECTIONS.includes(reason)) return new ConnectionEnded(reason, error);
  if (error instanceof QdrantClientTimeoutError) return new MayBeDoneLater(reason, error);
  return new AppError('index_unavailable', `The vector index does not answer: ${reason}`, {
    retryAfter: retryAfterOf(error),
    cause: error,
  });
}

function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  if (typeof error.status === 'number') return error.status;
  const told = /^Unexpected Response: (\d{3})/.exec(String(error.message));
  return told ? Number(told[1]) : undefined;
}

function reasonOf(error: unknown): string {
  if (!isObject(error)) return String(error);
  const told = isObject(error.data) && isObject(error.data.status) && error.data.status.error;
  if (typeof told === 'string') return told;
  const cause = isObject(error.cause) ? error.cause : {};
  // The code says more than the "fetch failed" around it; the address would only tell strangers.
  if (typeof cause.code === 'string') return cause.code;
  return String(error.message).split('\n')[0]!;
}

function retryAfterOf(error: unknown): number {
  const told = isObject(error) ? Number(error.retry_after) : Number.NaN;
  return Number.isFinite(told) ? told : 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
