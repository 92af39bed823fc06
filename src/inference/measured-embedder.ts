import type { Metrics } from '../metrics/metrics.js';
import type { Embedder } from './embedder.js';

/** An embedder that tells how long each batch took. */
export class MeasuredEmbedder implements Embedder {
  constructor(
    private readonly embedder: Embedder,
    private readonly metrics: Metrics,
  ) {}

  get model(): string {
    return this.embedder.model;
  }

  get dimensions(): number {
    return this.embedder.dimensions;
  }

  get scoreLow(): number {
    return this.embedder.scoreLow;
  }

  ready(): Promise<void> {
    return this.embedder.ready();
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const started = performance.now();
    let done = 0;
    try {
      const vectors = await this.embedder.embed(texts, signal);
      done = vectors.length;
      return vectors;
    } finally {
      if (texts.length > 0) this.metrics.embedded(done, (performance.now() - started) / 1000);
    }
  }

  countTokens(text: string): number {
    return this.embedder.countTokens(text);
  }
}
