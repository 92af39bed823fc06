import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendTruncated } from '../../support/send-fault.js';
import { QdrantError } from '../engine/qdrant-error.js';
import type { Store } from '../engine/store.js';
import type { Fault, Faults } from '../faults.js';
import type { RecordedRequest, RequestRecord } from '../request-record.js';
import { collectionRoutes } from './collection-routes.js';
import { RefusedRequest } from './parsed-body.js';
import { pointRoutes } from './point-routes.js';
import { checkParameters } from './query-parameters.js';
import { matchTemplate, type Route } from './route.js';

export const VERSION = '1.18.3';
/** `max_request_size_mb` of the server's configuration. */
const MOST_BODY_BYTES = 32 * 1024 * 1024;
const DISK_FULL = 'No space left on device: WAL buffer size exceeds available disk space';

const TEXTS: Readonly<Record<string, string>> = {
  '/healthz': 'healthz check passed',
  '/livez': 'healthz check passed',
  '/readyz': 'all shards are ready',
};

export interface ApiState {
  readonly store: Store;
  readonly faults: Faults;
  readonly record: RequestRecord;
  readonly delay: (ms: number) => Promise<void>;
  readonly apiKey: string | null;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly retryAfterSeconds?: number | null;
}

interface Received {
  readonly url: URL;
  readonly method: string;
  readonly bytes: Buffer;
  readonly headers: IncomingMessage['headers'];
}

export class ApiServer {
  private readonly routes: readonly Route[] = [...collectionRoutes, ...pointRoutes];

  constructor(private readonly state: ApiState) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, record, delay } = this.state;
    const url = new URL(request.url ?? '/', 'http://qdrant');
    const received = {
      url,
      method: request.method ?? 'GET',
      bytes: await bodyOf(request),
      headers: request.headers,
    };
    const found = this.find(received);
    const operation = found?.route.operation ?? textOperation(url.pathname);
    const entry = record.begin({
      operation,
      method: received.method,
      path: url.pathname,
      bodyBytes: received.bytes.length,
    });
    const writes = found?.route.writes ?? false;
    const fault = faults.take({ operation, path: url.pathname, writes });
    entry.fault = fault?.kind ?? null;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop') {
      response.destroy();
      return;
    }
    if (fault?.kind === 'slow') await delay(fault.delayMs);
    const answer = refusal(fault) ?? this.answer(entry, received, found);
    this.send(response, entry, answer, fault);
  }

  private find({ method, url }: Received): { route: Route; path: Record<string, string> } | null {
    // Templates with fewer names first: /collections/aliases is not a collection.
    const candidates = this.routes.flatMap((route) => {
      const path = route.method === method ? matchTemplate(route.template, url.pathname) : null;
      return path === null ? [] : [{ route, path }];
    });
    const named = (found: { path: object }): number => Object.keys(found.path).length;
    return candidates.sort((a, b) => named(a) - named(b))[0] ?? null;
  }

  private answer(
    entry: RecordedRequest,
    received: Received,
    found: ReturnType<ApiServer['find']>,
  ): Answer {
    const { store, record, apiKey } = this.state;
    const started = performance.now();
    const { url, headers, method } = received;
    const text = method === 'GET' ? TEXTS[url.pathname] : undefined;
    if (text !== undefined) return { status: 200, type: 'text/plain', text };
    if (method === 'GET' && url.pathname === '/') return json(200, version());
    if (apiKey !== null && headers['api-key'] !== apiKey) return unauthorized(headers['api-key']);
    try {
      if (found === null) {
        throw new RefusedRequest('unknown_route', 404, `${method} ${url.pathname} is not there`);
      }
      const { route, path } = found;
      checkParameters(url.searchParams, route.parameters);
      const body = parsedJson(received);
      if (record.keepsBodies) entry.body = body;
      const result = route.run(
        {
          store,
          path,
          query: url.searchParams,
          rules: (kind, detail) => record.violation(kind, entry, detail),
        },
        body,
      );
      return json(200, { result, status: 'ok', time: (performance.now() - started) / 1000 });
    } catch (error) {
      if (!(error instanceof QdrantError)) throw error;
      if (error instanceof RefusedRequest) record.violation(error.kind, entry, error.message);
      return failure(error);
    }
  }

  private send(
    response: ServerResponse,
    entry: RecordedRequest,
    answer: Answer,
    fault: Fault | null,
  ): void {
    if (fault?.kind === 'lost_answer') {
      response.destroy();
      return;
    }
    const bytes = Buffer.from(answer.text);
    const headers = { 'content-type': answer.type };
    if (fault?.kind === 'truncate') {
      sendTruncated(response, answer.status, headers, bytes);
      return;
    }
    entry.status = answer.status;
    entry.answerBytes = bytes.length;
    if (this.state.record.keepsBodies && answer.type === 'application/json') {
      entry.answer = JSON.parse(answer.text);
    }
    const { retryAfterSeconds: retryAfter } = answer;
    response.writeHead(answer.status, {
      ...headers,
      'content-length': bytes.length,
      ...(retryAfter != null && { 'retry-after': String(retryAfter) }),
    });
    response.end(bytes);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parsedJson({ bytes, headers }: Received): unknown {
  if (bytes.length === 0) return undefined;
  if (bytes.length > MOST_BODY_BYTES) {
    throw new RefusedRequest(
      'body_too_large',
      400,
      `JSON payload (${bytes.length} bytes) is larger than allowed (limit: ${MOST_BODY_BYTES} bytes).`,
    );
  }
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    throw new RefusedRequest('not_json', 400, 'Content type error');
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new RefusedRequest('not_json', 400, `Format error in JSON body: ${String(error)}`);
  }
}

function refusal(fault: Fault | null): Answer | null {
  switch (fault?.kind) {
    case '429':
      return failure(
        new QdrantError(429, 'Rate limiting exceeded: injected', fault.retryAfterSeconds),
      );
    case '500':
      return failure(new QdrantError(500, 'Service internal error: injected'));
    case '503':
      return failure(new QdrantError(503, 'Shard temporarily unavailable: injected'));
    case 'timeout':
      return failure(new QdrantError(408, 'Timeout: Operation timed out'));
    case 'disk_full':
      return failure(new QdrantError(500, `Service internal error: ${DISK_FULL}`));
    default:
      return null;
  }
}

function failure({ status, message, retryAfterSeconds }: QdrantError): Answer {
  return { ...json(status, { status: { error: message }, time: 0 }), retryAfterSeconds };
}

/** Plain text, unlike every other refusal (src/actix/auth.rs of v1.18.3). */
function unauthorized(given: unknown): Answer {
  const text =
    given === undefined
      ? 'Must provide an API key or an Authorization bearer token'
      : 'Invalid API key or JWT';
  return { status: 401, type: 'text/plain', text };
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json', text: JSON.stringify(body) };
}

function version(): object {
  return { title: 'qdrant - vector search engine', version: VERSION, commit: 'wire double' };
}

function textOperation(path: string): string {
  if (path === '/') return 'root';
  return path in TEXTS ? path.slice(1) : 'unknown';
}
