import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../common/errors/app-error.js';
import type { Embedder } from '../embedder.js';
import { readSafetensors } from './safetensors.js';
import { TokenTable } from './token-table.js';
import { WordPieceTokenizer } from './wordpiece.js';

/** Model2Vec's own limit; a longer text is embedded by its beginning. */
const MAX_TOKENS = 512;
/** Characters embedded between two turns of the event loop: about 5 ms of work. */
const CHARACTERS_PER_TURN = 16_384;

export interface StaticEmbedderOptions {
  /** A folder with `model.safetensors` and `tokenizer.json` in Model2Vec's layout. */
  folder: string;
  /** See `Embedder.model`. */
  model: string;
  /** See `Embedder.scoreLow`. */
  scoreLow?: number;
}

/**
 * Sentence vectors without a network: the normalised sum of the tokens' rows in a table, as
 * Model2Vec computes it. Reads any folder in Model2Vec's layout whose tokenizer is BERT's
 * WordPiece. Nothing is read before it is needed.
 *
 * `countTokens` loads the tokenizer by itself, so it may be called before `ready()`. It counts the
 * whole text, unknown words too (one per four characters), since chunk sizes hang on it.
 */
export class StaticEmbedder implements Embedder {
  readonly model: string;
  readonly scoreLow: number;
  private readonly folder: string;
  private readonly ids = new Int32Array(MAX_TOKENS);
  private table?: TokenTable;
  private loading?: Promise<TokenTable>;
  private loadedTokenizer?: WordPieceTokenizer;

  constructor(options: StaticEmbedderOptions) {
    this.folder = options.folder;
    this.model = options.model;
    this.scoreLow = options.scoreLow ?? 0;
  }

  get dimensions(): number {
    if (!this.table) throw new Error(`dimensions of ${this.model} are known after ready()`);
    return this.table.dimensions;
  }

  /** @throws AppError `model_unusable` when the folder's files are missing or not understood. */
  async ready(): Promise<void> {
    await this.load();
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const table = await this.load();
    const vectors: Float32Array[] = [];
    let characters = 0;
    for (const text of texts) {
      if (characters >= CHARACTERS_PER_TURN) {
        characters = 0;
        await nextTurn();
        signal?.throwIfAborted();
      }
      vectors.push(table.embed(this.ids, this.tokenizer.encode(text, this.ids)));
      characters += text.length;
    }
    return vectors;
  }

  countTokens(text: string): number {
    return this.tokenizer.count(text);
  }

  /** Token ids that make up the text's vector, in order. */
  tokenIds(text: string): Int32Array {
    return this.ids.slice(0, this.tokenizer.encode(text, this.ids));
  }

  private get tokenizer(): WordPieceTokenizer {
    this.loadedTokenizer ??= new WordPieceTokenizer(this.readTokenizer());
    return this.loadedTokenizer;
  }

  private readTokenizer(): string {
    const path = join(this.folder, 'tokenizer.json');
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new AppError('model_unusable', `${path} cannot be read`, { cause });
    }
  }

  private load(): Promise<TokenTable> {
    // A failed load is forgotten: the folder may have been repaired by the next call.
    this.loading ??= this.loadTable().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async loadTable(): Promise<TokenTable> {
    const path = join(this.folder, 'model.safetensors');
    const file = await readFile(path).catch((cause: unknown) => {
      throw new AppError('model_unusable', `${path} cannot be read`, { cause });
    });
    const table = new TokenTable(readSafetensors(file));
    if (this.tokenizer.size > table.tokens) {
      const message = `${this.folder}: ${this.tokenizer.size} tokens but ${table.tokens} vectors`;
      throw new AppError('model_unusable', message);
    }
    this.table = table;
    return table;
  }
}
