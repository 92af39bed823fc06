/**
 * Turns texts into vectors. Implementations: the built-in static model, any Model2Vec folder, any
 * OpenAI-compatible endpoint; all of them pass `embedder.contract.ts`.
 */
export interface Embedder {
  /** Name stored with an embedding space, e.g. `builtin:static-minilm-256`. */
  readonly model: string;
  /** Length of every vector. Known after `ready()`. */
  readonly dimensions: number;
  /** Cosines at or below `scoreLow` show as score 0 (0.10 for the built-in model, else 0). */
  readonly scoreLow: number;
  /** Loads the model or asks the endpoint for its dimension. Idempotent; called lazily. */
  ready(): Promise<void>;
  /**
   * One unit-length vector per text, in order; a text without known tokens gives the zero vector.
   * @throws AppError `embedder_unavailable` when the endpoint is down or refuses whatever it is
   *   sent; EmbeddingRefused when it refuses some of these texts, with the vectors of the others
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Tokens that the model sees in a text; used for chunk sizes. */
  countTokens(text: string): number;
}

export const EMBEDDER = Symbol('Embedder');
