import type { Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import type { Secret } from '../../common/secret.js';
import type { Embedder } from '../embedder.js';
import { EmbeddingRefused } from '../embedding-refused.js';
import { toUnitLength } from '../unit-vector.js';
import { planBatches, type BatchLimits, type PlacedText } from './batches.js';
import { EmbeddingsEndpoint } from './embeddings-endpoint.js';
import { EndpointFailure } from './endpoint-failure.js';
import { InFlightLimit } from './in-flight-limit.js';
import { withLinkedAbort } from '../../../connectors/sdk/linked-abort.js';
import { DEFAULT_RETRIES, Retries, unavailable, type RetrySettings } from './retries.js';
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
/** No endpoint that works refuses it. */
const HARMLESS = 'dimension';

/** What becomes of the texts of one call, by their places in it. */
interface Outcome {
  readonly vectors: Float32Array[];
  readonly refused: Map<number, string>;
  /** Settled when it is known whether the endpoint takes any text; asked for once. */
  usable?: Promise<void>;
}

/**
 * Any OpenAI-compatible embeddings endpoint. Blank texts are not sent and give the zero vector.
 * `countTokens` is an estimate from characters. The dimension is that of the first answer; an
 * answer of another dimension is an error, because its vectors would not be comparable. Where a
 * request is refused, the texts at fault are found by halving it.
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
    this.probing ??= this.requireUsable(new AbortController().signal).finally(() => {
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
    const { vectors, refused } = await this.embedBatches(placed, signal);
    if (placed.length < texts.length) await this.ready();
    const vectorOf = (index: number) => vectors[index] ?? new Float32Array(this.dimensions);
    if (refused.size === 0) return texts.map((_, index) => vectorOf(index));
    throw new EmbeddingRefused(
      refused,
      texts.map((_, index) => (refused.has(index) ? undefined : vectorOf(index))),
    );
  }

  countTokens(text: string): number {
    return estimateTokens(text);
  }

  /** The first failure that is not about single texts ends all requests. */
  private async embedBatches(texts: readonly PlacedText[], signal?: AbortSignal): Promise<Outcome> {
    const outcome: Outcome = { vectors: [], refused: new Map() };
    await withLinkedAbort(signal, async (controller) => {
      const requests = planBatches(texts, this.limits).map((batch) =>
        this.embedBatch(batch, outcome, controller.signal),
      );
      try {
        await Promise.all(requests);
      } catch (error) {
        controller.abort(error);
        throw error;
      }
    });
    return outcome;
  }

  private async embedBatch(
    batch: readonly PlacedText[],
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const texts = batch.map(({ text }) => text);
      const vectors = await this.request(texts, signal);
      vectors.forEach((vector, i) => (outcome.vectors[batch[i]!.index] = vector));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await (outcome.usable ??= this.requireUsable(signal));
      if (batch.length === 1) return void outcome.refused.set(batch[0]!.index, error.message);
      const middle = Math.ceil(batch.length / 2);
      const halves = [batch.slice(0, middle), batch.slice(middle)];
      await Promise.all(halves.map((half) => this.embedBatch(half, outcome, signal)));
    }
  }

  /** @throws AppError `embedder_unavailable` also where it refuses: that is about no text */
  private async requireUsable(signal: AbortSignal): Promise<void> {
    try {
      await this.request([HARMLESS], signal);
    } catch (error) {
      throw isRefusal(error) ? unavailable(error.message, undefined, error) : error;
    }
  }

  private async request(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const vectors = await this.inFlight.run(() =>
      this.retries.run(() => this.endpoint.request(texts, signal), signal),
    );
    this.knownDimensions ??= vectors[0]?.length;
    for (const { length } of vectors) {
      if (length === this.knownDimensions) continue;
      const message = `${this.model} answered ${length} dimensions, before ${this.knownDimensions}`;
      throw new AppError('embedder_unavailable', message);
    }
    return vectors.map(toUnitLength);
  }
}

function isRefusal(error: unknown): error is EndpointFailure {
  return error instanceof EndpointFailure && error.isRefusal;
}
