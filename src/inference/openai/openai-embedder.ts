import type { Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import type { Secret } from '../../common/secret.js';
import type { Embedder } from '../embedder.js';
import { toUnitLength } from '../unit-vector.js';
import { planBatches, type BatchLimits, type PlacedText } from './batches.js';
import { EmbeddingsEndpoint } from './embeddings-endpoint.js';
import { InFlightLimit } from './in-flight-limit.js';
import { withLinkedAbort } from '../../../connectors/sdk/linked-abort.js';
import { DEFAULT_RETRIES, Retries, type RetrySettings } from './retries.js';
import { cutToTokens, estimateTokens } from './token-estimate.js';

export interface OpenAiEmbedderOptions {
  /** The endpoint's own name of the model, e.g. `text-embedding-3-small`. */
  model: string;
  clock: Clock;
  apiKey?: Secret<string>;
  /** Default: OpenAI. */
  baseUrl?: string;
  fetch?: typeof fetch;
  /** See `Embedder.scoreLow`. */
  scoreLow?: number;
  batches?: Partial<BatchLimits>;
  retries?: Partial<RetrySettings>;
  /** Requests under way at the same time, over all callers. */
  maxInFlight?: number;
  requestTimeoutMs?: number;
  /** Jitter; 0 to 1. */
  random?: () => number;
}

const DEFAULT_BATCHES: BatchLimits = { maxTexts: 256, maxTokens: 100_000 };
/** OpenAI refuses texts above 8,192 tokens and with them the whole request. */
const MAX_TOKENS_PER_TEXT = 8000;

/**
 * Any OpenAI-compatible embeddings endpoint. Blank texts are not sent and give the zero vector.
 * `countTokens` is an estimate from characters. The dimension is that of the first answer; an
 * answer of another dimension is an error, because its vectors would not be comparable.
 */
export class OpenAiEmbedder implements Embedder {
  readonly model: string;
  readonly scoreLow: number;
  private readonly endpoint: EmbeddingsEndpoint;
  private readonly retries: Retries;
  private readonly inFlight: InFlightLimit;
  private readonly limits: BatchLimits;
  private knownDimensions?: number;
  private probing?: Promise<void>;

  constructor(options: OpenAiEmbedderOptions) {
    this.model = `openai:${options.model}`;
    this.scoreLow = options.scoreLow ?? 0;
    this.endpoint = new EmbeddingsEndpoint({
      model: options.model,
      apiKey: options.apiKey,
      baseUrl: options.baseUrl,
      requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
      clock: options.clock,
      fetch: options.fetch,
    });
    this.retries = new Retries(
      options.clock,
      { ...DEFAULT_RETRIES, ...options.retries },
      options.random ?? Math.random,
    );
    this.inFlight = new InFlightLimit(options.maxInFlight ?? 4);
    this.limits = { ...DEFAULT_BATCHES, ...options.batches };
  }

  get dimensions(): number {
    if (!this.knownDimensions)
      throw new Error(`dimensions of ${this.model} are known after ready()`);
    return this.knownDimensions;
  }

  /** Asks the endpoint for a vector, unless one has come already. */
  async ready(): Promise<void> {
    if (this.knownDimensions) return;
    this.probing ??= this.embedBatches([{ index: 0, text: 'dimension' }], []).finally(() => {
      this.probing = undefined;
    });
    await this.probing;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const placed: PlacedText[] = [];
    texts.forEach((text, index) => {
      if (text.trim()) placed.push({ index, text: cutToTokens(text, MAX_TOKENS_PER_TEXT) });
    });
    const vectors: Float32Array[] = [];
    await this.embedBatches(placed, vectors, signal);
    if (placed.length < texts.length) await this.ready();
    return texts.map((_, index) => vectors[index] ?? new Float32Array(this.dimensions));
  }

  countTokens(text: string): number {
    return estimateTokens(text);
  }

  /** Writes each text's vector to its place in `vectors`; the first failure ends all requests. */
  private async embedBatches(
    texts: readonly PlacedText[],
    vectors: Float32Array[],
    signal?: AbortSignal,
  ): Promise<void> {
    await withLinkedAbort(signal, async (controller) => {
      const requests = planBatches(texts, this.limits).map(async (batch) => {
        const answer = await this.inFlight.run(() => this.request(batch, controller.signal));
        answer.forEach((vector, i) => (vectors[batch[i]!.index] = vector));
      });
      try {
        await Promise.all(requests);
      } catch (error) {
        controller.abort(error);
        throw error;
      }
    });
  }

  private async request(
    batch: readonly PlacedText[],
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    const texts = batch.map(({ text }) => text);
    const vectors = await this.retries.run(() => this.endpoint.request(texts, signal), signal);
    this.knownDimensions ??= vectors[0]?.length;
    for (const { length } of vectors) {
      if (length === this.knownDimensions) continue;
      const message = `${this.model} answered ${length} dimensions, before ${this.knownDimensions}`;
      throw new AppError('embedder_unavailable', message);
    }
    return vectors.map(toUnitLength);
  }
}
