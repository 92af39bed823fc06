import { STATUS_CODES } from 'node:http';
import { QdrantClientTimeoutError, type Schemas } from '@qdrant/js-client-rest';
import { Agent, request } from 'undici';
import { NO_RESULT } from './qdrant-errors.js';

const CONNECT_MS = 5000;

export interface SearchTarget {
  /** With the prefix of a proxy, without a slash at the end. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
}

/**
 * `QdrantClient.queryBatch`, but for the web streams of `fetch`: of the 6 ms that a search of 10,000
 * memories took they were one. Errors have the shapes of the client's, so that
 * `translateQdrantError` tells them.
 */
export class SearchRequests {
  private readonly agent: Agent;

  constructor(private readonly target: SearchTarget) {
    const { connections } = target;
    // How long an answer may take, each search says.
    const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
    this.agent = new Agent({ connections, connectTimeout: CONNECT_MS, ...timeouts });
  }

  /**
   * https://api.qdrant.tech/api-reference/search/query-batch-points
   * @param withinMs the wait for a connection included
   */
  async queryBatch(
    collection: string,
    searches: readonly Schemas['QueryRequest'][],
    withinMs: number,
  ): Promise<Schemas['QueryResponse'][]> {
    const { baseUrl, headers } = this.target;
    const url = `${baseUrl}/collections/${encodeURIComponent(collection)}/points/query/batch`;
    const body = JSON.stringify({ searches });
    const { status, text, retryAfter } = await within(withinMs, (signal) =>
      this.post(url, headers, body, signal),
    );
    if (status === 200) return resultOf(text);
    const told = { status, data: dataOf(text), retry_after: retryAfter };
    throw Object.assign(new Error(STATUS_CODES[status]), told);
  }

  private async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
    try {
      const answer = await request(url, {
        ...{ dispatcher: this.agent, method: 'POST', body, signal },
        headers: { ...headers, 'content-type': 'application/json' },
      });
      const retryAfter = [answer.headers['retry-after'] ?? []].flat()[0];
      return { status: answer.statusCode, text: await answer.body.text(), retryAfter };
    } catch (error) {
      throw new Error('the search got no answer', { cause: error });
    }
  }
}

/**
 * Undici heeds a signal only once a request has its connection, and before a server that hangs most
 * of them wait for one.
 * @throws QdrantClientTimeoutError
 */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new QdrantClientTimeoutError(`no answer within ${Math.round(ms)} ms`);
      reject(error);
      stop.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([late, work(stop.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(text: string): Schemas['QueryResponse'][] {
  const answer = dataOf(text) as { result?: unknown } | undefined;
  if (Array.isArray(answer?.result)) return answer.result as Schemas['QueryResponse'][];
  throw new Error(NO_RESULT);
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
