import type { Clock } from '../../common/clock.js';
import type { ValidationIssue } from '../../common/errors/app-error.js';
import type { Ids } from '../../common/ids.js';
import type { Secret } from '../../common/secret.js';
import { ApiError, CliError, interrupted } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { retryDelay } from './retry-policy.js';

const TIMEOUT_MS = 60_000;

export interface ApiClientParts {
  url: string;
  apiKey: Secret<string> | null;
  clock: Clock;
  ids: Ids;
  /** Ends requests and waits when the user interrupts. */
  signal: AbortSignal;
  fetch?: typeof fetch;
}

export type Query = Record<string, string | number | boolean | undefined>;

interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Query;
  body?: unknown;
  timeoutMs?: number;
}

interface Answer {
  status: number;
  retryAfter: string | null;
  body: unknown;
}

/** JSON over HTTP with retries. Every write has an Idempotency-Key, so that it may be repeated. */
export class ApiClient {
  constructor(private readonly parts: ApiClientParts) {}

  get url(): string {
    return this.parts.url;
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.call<T>({ method: 'GET', path, query });
  }

  post<T>(
    path: string,
    body?: unknown,
    options: Pick<Call, 'query' | 'timeoutMs'> = {},
  ): Promise<T> {
    return this.call<T>({ method: 'POST', path, body, ...options });
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>({ method: 'PATCH', path, body });
  }

  delete<T>(path: string, query?: Query): Promise<T> {
    return this.call<T>({ method: 'DELETE', path, query });
  }

  /**
   * Opens an answer that comes bit by bit; it is not repeated.
   * @throws ApiError, CliError `server_unreachable`
   */
  async open(path: string, headers: Record<string, string>): Promise<Response> {
    const { url, apiKey, signal, fetch: send = fetch } = this.parts;
    const target = url.replace(/\/+$/, '') + path;
    const sent = { ...headers, ...(apiKey && { authorization: `Bearer ${apiKey.reveal()}` }) };
    const response = await send(target, { headers: sent, signal }).catch((error: unknown) => {
      throw signal.aborted ? interrupted() : unreachable(url, error);
    });
    if (response.status < 400) return response;
    throw errorOf(read(response, await response.text(), url));
  }

  /** Waits as the process' clock has it; ends with the user's interruption. */
  sleep(ms: number): Promise<void> {
    return this.parts.clock.sleep(ms, this.parts.signal).catch(() => {
      throw interrupted();
    });
  }

  get signal(): AbortSignal {
    return this.parts.signal;
  }

  private async call<T>(call: Call): Promise<T> {
    const { clock, ids, signal } = this.parts;
    const idempotencyKey = call.method === 'GET' ? undefined : ids.next();
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(call, idempotencyKey);
      if ('answer' in outcome && outcome.answer.status < 400) return outcome.answer.body as T;
      const error = 'answer' in outcome ? errorOf(outcome.answer) : outcome.error;
      const failure =
        'answer' in outcome && error instanceof ApiError
          ? { status: error.status, code: error.code, retryAfter: outcome.answer.retryAfter }
          : null;
      const delay = retryDelay(attempt, failure, clock.now());
      if (delay === null) throw error;
      await clock.sleep(delay, signal).catch(() => {
        throw interrupted();
      });
    }
  }

  private async attempt(
    { method, path, query = {}, body, timeoutMs = TIMEOUT_MS }: Call,
    idempotencyKey: string | undefined,
  ): Promise<{ answer: Answer } | { error: CliError }> {
    const { url, apiKey, signal, fetch: send = fetch } = this.parts;
    const target = new URL(url.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, `${value}`);
    }
    const headers: Record<string, string> = { accept: 'application/json' };
    if (apiKey) headers['authorization'] = `Bearer ${apiKey.reveal()}`;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    try {
      const response = await send(target, { method, headers, body: payload, signal: ending });
      const text = await response.text();
      return { answer: read(response, text, url) };
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (signal.aborted) throw interrupted();
      return { error: unreachable(url, error) };
    }
  }
}

/** Builds a path from a template; what is filled in cannot add to the path. */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

function read(response: Response, text: string, url: string): Answer {
  const { status, headers } = response;
  const retryAfter = headers.get('retry-after');
  if (text === '' && status < 400) return { status, retryAfter, body: {} };
  try {
    return { status, retryAfter, body: JSON.parse(text) as unknown };
  } catch {
    // A proxy in front of the server answers in its own words while the server is away.
    if (status >= 500) return { status, retryAfter, body: { detail: response.statusText } };
    throw new CliError(
      'unexpected_answer',
      `${url} does not answer like Tributary (HTTP ${status}, ${headers.get('content-type')})`,
      EXIT.unavailable,
    );
  }
}

function errorOf({ status, body }: Answer): ApiError {
  const { detail, code, request_id: requestId } = body as Partial<Record<string, unknown>>;
  return new ApiError(
    status,
    typeof code === 'string' ? code : `http_${status}`,
    typeof detail === 'string' ? detail : describeIssues(detail, status),
    typeof requestId === 'string' ? requestId : null,
  );
}

function describeIssues(detail: unknown, status: number): string {
  if (!Array.isArray(detail)) return `HTTP ${status}`;
  const issues = detail as ValidationIssue[];
  return issues.map(({ loc, msg }) => `${loc.slice(1).join('.')} ${msg}`.trim()).join('; ');
}

/** https://fetch.spec.whatwg.org/#port-blocking */
function portBlocked(url: string): CliError {
  const { port } = new URL(url);
  return new CliError(
    'server_unreachable',
    `the server cannot be reached at ${url}: HTTP clients refuse to connect to port ${port}`,
    EXIT.unavailable,
    'Let the server listen on another port, or check --url and TRIBUTARY_URL.',
  );
}

function unreachable(url: string, error: unknown): CliError {
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') {
    return new CliError('server_timeout', `${url} did not answer in time`, EXIT.unavailable);
  }
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : null;
  if (cause?.message === 'bad port') return portBlocked(url);
  const reason = cause?.code ?? cause?.message ?? String(error);
  return new CliError(
    'server_unreachable',
    `no server answers at ${url}: ${reason}`,
    EXIT.unavailable,
    'Start one with "tributary serve", or check --url and TRIBUTARY_URL.',
  );
}
