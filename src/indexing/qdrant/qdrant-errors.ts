import { QdrantClientTimeoutError } from '@qdrant/js-client-rest';
import { AppError } from '../../common/errors/app-error.js';

/** Qdrant has no such collection: never made, or its storage was lost. */
export class QdrantCollectionMissing extends Error {}

/** Qdrant gave no answer that means anything: `index_unavailable`. */
class NoAnswer extends AppError {
  /** @param retryAfter seconds */
  constructor(reason: string, cause?: unknown, retryAfter = 1) {
    super('index_unavailable', `The vector index does not answer: ${reason}`, {
      retryAfter,
      cause,
    });
  }
}

/** There was no answer in time: Qdrant may still do it, even after what it is asked next. */
export class MayBeDoneLater extends NoAnswer {}

/** The connection ended without an answer, mostly because it had been idle as it was used again. */
export class ConnectionEnded extends NoAnswer {}

/** @param who the server, as whoever reads it knows it */
const refusesKey = (who: string): string => `${who} refuses the key of QDRANT_API_KEY`;
const wantsKey = (who: string): string => `${who} wants a key; set QDRANT_API_KEY`;
export const isNoQdrant = (where: string): string =>
  `what answers at ${where} is no Qdrant; look at QDRANT_URL`;

/** Something answers, and will not do so better before a setting is another: `index_unavailable`. */
export class WrongSetting extends AppError {
  constructor(
    private readonly words: (where: string) => string,
    here: string,
    detail: string | undefined,
    cause: unknown,
  ) {
    const told = words(here) + (detail === undefined ? '' : ` (${detail})`);
    const message = told.charAt(0).toUpperCase() + told.slice(1);
    super('index_unavailable', message, { retryAfter: 10, cause });
  }

  /** The same for an operator, who may read the address. */
  at(origin: string): string {
    return this.words(origin);
  }
}

/** Qdrant finds fault with what a request carries: asked again, it will again. */
export class QdrantRefusal extends Error {}

/** Qdrant does not make a collection, e.g. because it has as many as it may. */
export class CollectionRefused extends AppError {
  constructor(cause: QdrantRefusal) {
    super('index_unavailable', `The vector index makes no collection: ${cause.message}`, {
      retryAfter: 10,
      cause,
    });
  }
}

/** Whatever else it answers, a wrong key among it, is not the fault of one point. */
const FAULTS_OF_A_REQUEST = [400, 409, 413, 422];
/** Of a missing or wrong key, and of one that is for single collections only. */
const KEY_REFUSED = [401, 403];
/** What any web server says where it has no such path. */
const ELSEWHERE = [301, 302, 303, 307, 308, 404, 405];
/** The client's words for an answer of 200 without the field that Qdrant's answers have. */
export const NO_RESULT = 'Result came uninitialized';

/** https://undici.nodejs.org/#/docs/api/Errors and what the system says. */
const ENDED_CONNECTIONS = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

/**
 * What went wrong, as the product tells it. The client throws errors of its own shapes: for a
 * status (`ApiError` and `QdrantClientUnexpectedResponseError`), for a time-out, for a 429 and,
 * without a server, whatever `fetch` throws.
 */
export function translateQdrantError(error: unknown, { hasKey = true } = {}): Error {
  const status = statusOf(error);
  const reason = reasonOf(error);
  const told = toldBy(error);
  // Whatever else answers at that address knows of no collection.
  if (status === 404 && told !== undefined) return new QdrantCollectionMissing(reason);
  if (status !== undefined && KEY_REFUSED.includes(status))
    return new WrongSetting(hasKey ? refusesKey : wantsKey, 'The vector index', told, error);
  if (told === undefined && isFromElsewhere(error, status)) {
    const detail = status === undefined ? undefined : reason;
    return new WrongSetting(isNoQdrant, 'the address of the vector index', detail, error);
  }
  if (status !== undefined && FAULTS_OF_A_REQUEST.includes(status)) {
    return new QdrantRefusal(`Qdrant answered ${status}: ${reason}`);
  }
  if (ENDED_CONNECTIONS.includes(reason)) return new ConnectionEnded(reason, error);
  if (error instanceof QdrantClientTimeoutError) return new MayBeDoneLater(reason, error);
  return new NoAnswer(reason, error, retryAfterOf(error));
}

function isFromElsewhere(error: unknown, status: number | undefined): boolean {
  if (status !== undefined) return ELSEWHERE.includes(status);
  return error instanceof SyntaxError || (error instanceof Error && error.message === NO_RESULT);
}

function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  if (typeof error.status === 'number') return error.status;
  const told = /^Unexpected Response: (\d{3})/.exec(String(error.message));
  return told ? Number(told[1]) : undefined;
}

function reasonOf(error: unknown): string {
  if (!isObject(error)) return String(error);
  const told = toldBy(error);
  if (told !== undefined) return told;
  const cause = isObject(error.cause) ? error.cause : {};
  // The code says more than the "fetch failed" around it; the address would only tell strangers.
  if (typeof cause.code === 'string') return cause.code;
  const [line] = String(error.message).split('\n');
  return typeof error.status === 'number' ? `${error.status} ${line}`.trim() : line!;
}

/** Why, in the shape of Qdrant's own answers. */
function toldBy(error: unknown): string | undefined {
  if (!isObject(error) || !isObject(error.data) || !isObject(error.data.status)) return undefined;
  const { error: told } = error.data.status;
  return typeof told === 'string' ? told : undefined;
}

function retryAfterOf(error: unknown): number {
  const told = isObject(error) ? Number(error.retry_after) : Number.NaN;
  return Number.isFinite(told) ? told : 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
