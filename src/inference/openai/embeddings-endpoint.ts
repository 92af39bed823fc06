import type { APIError, OpenAI } from 'openai';
import type { Clock } from '../../common/clock.js';
import type { Secret } from '../../common/secret.js';
import { decodeEmbeddings } from './decode-embeddings.js';
import { EndpointFailure } from './endpoint-failure.js';
import { withLinkedAbort } from '../../../connectors/sdk/linked-abort.js';
import { retryAfterMs } from './retry-after.js';

const OPENAI_URL = 'https://api.openai.com/v1';
const MAX_REASON_CHARACTERS = 300;
/** Answers to what was sent; a wrong key, model or account gets 401, 403, 404 or 429. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 413, 422]);

export interface EmbeddingsEndpointOptions {
  /** The endpoint's own name of the model. */
  model: string;
  /** Left out for servers that want none. */
  apiKey?: Secret<string>;
  /** Without `/embeddings`; OpenAI where not given. */
  baseUrl?: string;
  /** Time for one request, answer included. */
  requestTimeoutMs: number;
  clock: Clock;
  fetch?: typeof fetch;
}

interface Client {
  openai: OpenAI;
  isApiError: (error: unknown) => error is APIError;
}

/** `POST /embeddings` of an OpenAI-compatible server: one call, one request, no retry. */
export class EmbeddingsEndpoint {
  readonly #options: EmbeddingsEndpointOptions;
  /** Private to the language too, so that printing an embedder does not print the key. */
  #client?: Promise<Client>;
  #encoding: 'base64' | 'float' = 'base64';

  constructor(options: EmbeddingsEndpointOptions) {
    this.#options = options;
  }

  /**
   * The vectors as the endpoint gave them, in the order of `texts`.
   * @throws EndpointFailure, or the signal's reason.
   */
  async request(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    this.#client ??= connect(this.#options);
    const client = await this.#client;
    const encoding = this.#encoding;
    try {
      return decodeEmbeddings(await this.#post(client.openai, texts, signal), texts.length);
    } catch (error) {
      signal.throwIfAborted();
      if (encoding === 'base64' && client.isApiError(error) && isAboutEncoding(error)) {
        this.#encoding = 'float';
        return this.request(texts, signal);
      }
      throw this.#failure(client, error);
    }
  }

  #post(openai: OpenAI, texts: readonly string[], signal: AbortSignal): Promise<unknown> {
    const { model, requestTimeoutMs } = this.#options;
    // The client's own timeout ends with the headers; ours covers the body as well.
    return withLinkedAbort(signal, async (controller) => {
      const timer = setTimeout(() => {
        controller.abort(new Error(`no answer within ${requestTimeoutMs / 1000} s`));
      }, requestTimeoutMs);
      try {
        return await openai.embeddings.create(
          { model, input: [...texts], encoding_format: this.#encoding },
          { signal: controller.signal },
        );
      } catch (error) {
        throw controller.signal.aborted ? controller.signal.reason : error;
      } finally {
        clearTimeout(timer);
      }
    });
  }

  #failure(client: Client, error: unknown): EndpointFailure {
    if (error instanceof EndpointFailure) return error;
    if (client.isApiError(error) && error.status !== undefined) return this.#statusFailure(error);
    // Everything else is the network: refused, reset, timed out, or an answer that breaks off.
    const reason = this.#presentable(error instanceof Error ? error.message : String(error));
    return new EndpointFailure(reason, { isTransient: true, cause: error });
  }

  /** Without `cause`: the answer of a server may repeat the key. */
  #statusFailure({ status, code, headers, message }: APIError): EndpointFailure {
    const isTransient =
      status === 429
        ? code !== 'insufficient_quota'
        : status === 408 || status === 409 || status === 425 || Number(status) >= 500;
    const now = this.#options.clock.now();
    return new EndpointFailure(this.#presentable(message), {
      isTransient,
      isRefusal: REFUSALS.has(status),
      retryAfterMs: headers && isTransient ? retryAfterMs(headers, now) : undefined,
    });
  }

  #presentable(message: string): string {
    const key = this.#options.apiKey?.reveal();
    const safe = key ? message.replaceAll(key, '[secret]') : message;
    return safe.slice(0, MAX_REASON_CHARACTERS);
  }
}

/** The package is loaded with the first request: the built-in model runs without it. */
async function connect(options: EmbeddingsEndpointOptions): Promise<Client> {
  const { OpenAI, APIError } = await import('openai');
  const openai = new OpenAI({
    // Null and explicit values keep the package from reading the environment by itself.
    apiKey: options.apiKey?.reveal() ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: options.baseUrl ?? OPENAI_URL,
    logLevel: 'off',
    maxRetries: 0,
    timeout: options.requestTimeoutMs,
    fetch: options.fetch,
    defaultHeaders: options.apiKey ? undefined : { Authorization: null },
  });
  return { openai, isApiError: (error): error is APIError => error instanceof APIError };
}

function isAboutEncoding(error: APIError): boolean {
  return (error.status === 400 || error.status === 422) && /encoding|base64/i.test(error.message);
}
