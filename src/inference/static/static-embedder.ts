import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WorkerCalls } from '../../../connectors/sdk/worker-calls.js';
import { compiled } from '../../common/compiled.js';
import { AppError } from '../../common/errors/app-error.js';
import type { Embedder } from '../embedder.js';
import type { EmbeddingThreadData } from './embedding.worker.js';
import { readSafetensors } from './safetensors.js';
import { readTokenRows } from './read-token-rows.js';
import { readTokenizer } from './read-tokenizer.js';
import { sharedMemory, type SharedMemory } from './simd-sum.js';
import { TextVectors } from './text-vectors.js';
import { TokenTable } from './token-table.js';
import { WordPieceTokenizer, type Vocabulary } from './wordpiece.js';

/** Model2Vec's own limit; a longer text is embedded by its beginning. */
const MAX_TOKENS = 512;
/** Up to so many characters (about 5 ms of work) are embedded here: a query needs no thread. */
const MAX_CHARACTERS_HERE = 16_384;
/** Texts of one call to the thread, so that several callers take turns. */
const TEXTS_PER_CALL = 64;
/** Calls that are made in one turn of the event loop: a large document has hundreds. */
const CALLS_PER_TURN = 16;

export interface StaticEmbedderOptions {
  /** A folder with `model.safetensors` and `tokenizer.json` in Model2Vec's layout. */
  folder: string;
  /** See `Embedder.model`. */
  model: string;
  /** See `Embedder.scoreLow`. */
  scoreLow?: number;
}

interface LoadedModel {
  readonly vectors: TextVectors;
  readonly thread: WorkerCalls<readonly string[], Float32Array>;
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
  private loading?: Promise<LoadedModel>;
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
    const model = await this.load();
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    if (characters <= MAX_CHARACTERS_HERE) return texts.map((text) => model.vectors.of(text));
    const calls: Promise<Float32Array>[] = [];
    for (let at = 0; at < texts.length; at += TEXTS_PER_CALL) {
      const call = model.thread.call(texts.slice(at, at + TEXTS_PER_CALL));
      call.catch(() => undefined); // reported below
      calls.push(call);
      if (calls.length % CALLS_PER_TURN === 0) await nextTurn();
    }
    const together = await Promise.all(calls);
    signal?.throwIfAborted();
    return together.flatMap((vectors) => rowsOf(vectors, this.dimensions));
  }

  countTokens(text: string): number {
    return this.tokenizer.count(text);
  }

  /** Token ids that make up the text's vector, in order. */
  tokenIds(text: string): Int32Array {
    return this.ids.slice(0, this.tokenizer.encode(text, this.ids));
  }

  private get tokenizer(): WordPieceTokenizer {
    this.loadedTokenizer ??= new WordPieceTokenizer(this.readVocabulary());
    return this.loadedTokenizer;
  }

  private readVocabulary(): Vocabulary {
    const path = join(this.folder, 'tokenizer.json');
    let json: string;
    try {
      json = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new AppError('model_unusable', `${path} cannot be read`, { cause });
    }
    return readTokenizer(json);
  }

  private load(): Promise<LoadedModel> {
    // A failed load is forgotten: the folder may have been repaired by the next call.
    this.loading ??= this.loadModel().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async loadModel(): Promise<LoadedModel> {
    const { memory, file } = await this.readWeights();
    const rows = { ...readTokenRows(readSafetensors(file)), memory };
    const table = new TokenTable(rows);
    if (this.tokenizer.size > table.tokens) {
      const message = `${this.folder}: ${this.tokenizer.size} tokens but ${table.tokens} vectors`;
      throw new AppError('model_unusable', message);
    }
    this.table = table;
    const data: EmbeddingThreadData = { vocabulary: this.tokenizer.vocabulary, rows };
    const thread = compiled(import.meta.url, './embedding.worker.js');
    return {
      vectors: new TextVectors(this.tokenizer, table),
      thread: new WorkerCalls(thread, data),
    };
  }

  /** Into shared memory, since the thread reads the same weights. */
  private async readWeights(): Promise<{ memory: SharedMemory; file: Uint8Array }> {
    const path = join(this.folder, 'model.safetensors');
    try {
      const read = await readFile(path);
      const memory = sharedMemory(read.length);
      const file = new Uint8Array(memory.buffer, 0, read.length);
      file.set(read);
      return { memory, file };
    } catch (cause) {
      throw new AppError('model_unusable', `${path} cannot be read`, { cause });
    }
  }
}

function rowsOf(vectors: Float32Array, dimensions: number): Float32Array[] {
  const rows: Float32Array[] = [];
  for (let at = 0; at < vectors.length; at += dimensions)
    rows.push(vectors.subarray(at, at + dimensions));
  return rows;
}
