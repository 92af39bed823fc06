import { createHash } from 'node:crypto';
import type { Embedder } from './embedder.js';
import { toUnitLength } from './unit-vector.js';

/**
 * An embedder for tests: the sum of one fixed pseudo-random vector per word, so that texts with
 * words in common are near each other. No files, no network, the same on every machine.
 */
export class FakeEmbedder implements Embedder {
  readonly scoreLow = 0;
  /** Texts embedded so far; tests of "nothing is embedded twice" read it. */
  embedded = 0;
  private readonly vectors = new Map<string, Float32Array>();

  constructor(
    readonly dimensions = 64,
    readonly model = 'fake:words',
  ) {}

  ready(): Promise<void> {
    return Promise.resolve();
  }

  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    this.embedded += texts.length;
    return Promise.resolve(texts.map((text) => this.embedOne(text)));
  }

  countTokens(text: string): number {
    return words(text).length;
  }

  private embedOne(text: string): Float32Array {
    const sum = new Float32Array(this.dimensions);
    for (const word of words(text)) {
      const vector = this.wordVector(word);
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + vector[i]!;
    }
    return toUnitLength(sum);
  }

  private wordVector(word: string): Float32Array {
    const known = this.vectors.get(word);
    if (known) return known;
    const bytes = createHash('shake256', { outputLength: this.dimensions }).update(word).digest();
    const vector = toUnitLength(Float32Array.from(bytes, (byte) => byte - 127.5));
    this.vectors.set(word, vector);
    return vector;
  }
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
