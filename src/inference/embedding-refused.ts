import { AppError } from '../common/errors/app-error.js';

/** The model's endpoint works and refuses these texts: asking again is of no use. */
export class EmbeddingRefused extends AppError {
  /**
   * @param reasons what the endpoint says of each, by its place in the call
   * @param vectors those of all other texts, so that nothing is embedded twice
   */
  constructor(
    readonly reasons: ReadonlyMap<number, string>,
    readonly vectors: readonly (Float32Array | undefined)[],
  ) {
    const first = Math.min(...reasons.keys());
    const place = vectors.length > 1 ? `text ${first + 1} of ${vectors.length}` : 'the text';
    super('embedding_refused', `The embedding endpoint refuses ${place}: ${reasons.get(first)}`);
  }
}
