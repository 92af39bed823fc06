import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../../common/errors/app-error.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import type { Embedder } from '../../inference/embedder.js';
import { EmbeddingRefused } from '../../inference/embedding-refused.js';
import { embeddedText, wordsText } from '../chunk/chunk-texts.js';
import { searchableTitle } from '../prepare-document.js';
import { slices } from '../slices.js';
import type { PageEnd, StoredMemory } from './stored-memory.js';
import { StoredTextsRepository } from './stored-texts.repository.js';

/** Memories that are embedded together. */
const GROUP = 200;

/** Where vectors of stored memories are to go. */
export interface StoredTarget {
  readonly collectionId: string;
  readonly spaceId: number;
  readonly embedder: Embedder;
  /** Their words too; else vectors alone, beside those of the collection's own space. */
  readonly words: boolean;
  /** Called in each transaction before it writes; throws where nothing is to be written any more. */
  readonly check?: (tx: EntityManager) => Promise<void>;
}

/**
 * Makes vectors and words of memories that are stored already: what their documents say of them is
 * in the rows, so nothing is asked of any source.
 */
@Injectable()
export class StoredTexts {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: StoredTextsRepository,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /** How many memories a collection has, hidden ones too. */
  count(tenant: string, collectionId: string): Promise<number> {
    return this.database.inTenant(tenant, (tx) => this.repository.count(tx, tenant, collectionId));
  }

  /** The same with the characters of their texts. */
  measure(tenant: string, collectionId: string): Promise<{ memories: number; characters: number }> {
    return this.database.inTenant(tenant, (tx) =>
      this.repository.measure(tx, tenant, collectionId),
    );
  }

  /** One page, in the caller's transaction; a shorter one is the last. */
  page(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    after: PageEnd | null,
    size: number,
  ): Promise<PageEnd[]> {
    return this.repository.page(tx, tenant, collectionId, after, size);
  }

  /** All memories of a collection, by pages; those that are added meanwhile may be left out. */
  async *pages(
    tenant: string,
    collectionId: string,
    size: number,
    after: PageEnd | null = null,
  ): AsyncGenerator<PageEnd[]> {
    for (let last = after; ;) {
      const page = await this.database.inTenant(tenant, (tx) =>
        this.repository.page(tx, tenant, collectionId, last, size),
      );
      if (page.length > 0) yield page;
      if (page.length < size) return;
      last = page.at(-1)!;
    }
  }

  /**
   * Embeds memories and writes what came of it. One whose text changes meanwhile is left to who
   * changed it.
   * @param patience ends waiting for the index, and nothing that is under way
   * @returns how many were written
   * @throws AppError `embedder_unavailable`; `embedding_refused`, which names the memory;
   *   SpaceChanged; the signals' reason when one aborts
   */
  async write(
    tenant: string,
    target: StoredTarget,
    ids: readonly string[],
    signal: AbortSignal,
    patience = signal,
  ): Promise<number> {
    let written = 0;
    for (const group of slices(ids, GROUP)) {
      await this.index.waitForRoom(patience);
      const memories = await this.database.inTenant(tenant, (tx) =>
        this.repository.read(tx, tenant, target.collectionId, group),
      );
      const vectors = await embedded(target.embedder, memories, signal);
      const pairs = memories.map((memory, at) => ({ memory, embedding: vectors[at]! }));
      for (const batch of slices(pairs, this.database.writeBatch)) {
        signal.throwIfAborted();
        written += await this.store(tenant, target, batch);
      }
    }
    return written;
  }

  private store(
    tenant: string,
    { collectionId, spaceId, words, check }: StoredTarget,
    batch: readonly { memory: StoredMemory; embedding: Float32Array }[],
  ): Promise<number> {
    return this.database.inTenant(tenant, async (tx) => {
      await check?.(tx);
      const ids = batch.map(({ memory }) => memory.id);
      const now = await this.repository.read(tx, tenant, collectionId, ids, true);
      const texts = new Map(now.map((memory) => [memory.id, memory]));
      const entries = batch.flatMap(({ memory, embedding }) => {
        const current = texts.get(memory.id);
        if (!current || textToEmbed(current) !== textToEmbed(memory)) return [];
        return { memoryId: memory.id, collectionId, spaceId, embedding, words: wordsOf(current) };
      });
      if (words) await this.index.write(tx, entries);
      else await this.index.writeVectors(tx, entries);
      return entries.length;
    });
  }
}

async function embedded(
  embedder: Embedder,
  memories: readonly StoredMemory[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  try {
    return await embedder.embed(memories.map(textToEmbed), signal);
  } catch (error) {
    if (!(error instanceof EmbeddingRefused)) throw error;
    const refused = [...error.reasons].map(([at, why]) => `memory ${memories[at]!.id}: ${why}`);
    throw new AppError(
      'embedding_refused',
      `The embedding endpoint refuses ${refused.length} of the texts, e.g. that of ${refused[0]}`,
      { cause: error },
    );
  }
}

function textToEmbed({ title, headingPath, text }: StoredMemory): string {
  return embeddedText(title ?? '', headingPath, text);
}

function wordsOf(memory: StoredMemory): string {
  const { headingPath, text, author, date } = memory;
  const title = searchableTitle(memory.title ?? '', memory.listedTitle ?? memory.title ?? '');
  return wordsText({ title, headingPath, text, author, date });
}
