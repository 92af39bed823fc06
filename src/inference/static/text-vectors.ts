import type { TokenTable } from './token-table.js';
import type { WordPieceTokenizer } from './wordpiece.js';

/** Model2Vec's own limit; a longer text is embedded by its beginning. */
const MAX_TOKENS = 512;

/** Text to vector with a loaded model. */
export class TextVectors {
  private readonly ids = new Int32Array(MAX_TOKENS);

  constructor(
    readonly tokenizer: WordPieceTokenizer,
    readonly table: TokenTable,
  ) {}

  of(text: string): Float32Array {
    return this.table.embed(this.ids, this.tokenizer.encode(text, this.ids));
  }

  /** The vectors of all texts, one after the other in one array. */
  ofAll(texts: readonly string[]): Float32Array<ArrayBuffer> {
    const { dimensions } = this.table;
    const vectors = new Float32Array(texts.length * dimensions);
    texts.forEach((text, i) => vectors.set(this.of(text), i * dimensions));
    return vectors;
  }
}
