import { Inject, Injectable } from '@nestjs/common';
import { BackgroundDatabase } from '../database/background-database.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { StatisticsCheck } from '../indexing/drift/statistics-check.js';
import { IndexRows } from '../indexing/rows/index-rows.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { Embedders } from '../inference/embedders.js';
import { StoredTexts } from '../remember/stored/stored-texts.js';
import type { PageEnd } from '../remember/stored/stored-memory.js';
import type { CheckedCollection } from './index-check.repository.js';
import type { Findings } from './findings.js';

const PAGE = 500;

/** Compares the memories of a collection with its vectors, words and statistics. */
@Injectable()
export class CollectionCheck {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly embedders: Embedders,
    private readonly texts: StoredTexts,
    private readonly rows: IndexRows,
    private readonly statistics: StatisticsCheck,
    private readonly lifecycle: Lifecycle,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /** @returns where the next page begins; null when this was the last one */
  async page(
    collection: CheckedCollection,
    after: PageEnd | null,
    findings: Findings,
  ): Promise<PageEnd | null> {
    const { tenant, id, spaceId } = collection;
    const { page, held } = await this.database.inTenant(tenant, async (tx) => {
      const memories = await this.texts.page(tx, tenant, id, after, PAGE);
      const ids = memories.map((memory) => memory.id);
      return { page: memories, held: await this.index.held(tx, spaceId, id, ids) };
    });
    findings.checked += page.length;
    const ids = page.map((memory) => memory.id);
    const without = {
      memories_without_vector: ids.filter((memory) => !held.vectors.has(memory)),
      memories_without_words: ids.filter((memory) => !held.words.has(memory)),
    };
    const embedder = this.embedders.find(collection.model);
    if (!embedder) findings.unconfigured.add(collection.model);
    const repair = findings.repair && embedder !== undefined;
    for (const [kind, some] of Object.entries(without))
      findings.add(kind as keyof typeof without, some.length, repair ? some.length : 0);
    const broken = [...new Set(Object.values(without).flat())];
    if (repair && broken.length > 0) {
      const target = { collectionId: id, spaceId, embedder, words: true };
      await this.texts.write(tenant, target, broken, this.lifecycle.stopping);
    }
    return page.length < PAGE ? null : page.at(-1)!;
  }

  /** What concerns the collection as a whole, once its memories are looked at. */
  async whole(collection: CheckedCollection, findings: Findings): Promise<void> {
    const { tenant, id, spaceId, nextSpaceId } = collection;
    const spaces = nextSpaceId === null ? [spaceId] : [spaceId, nextSpaceId];
    const unused = await this.database.inTenant(tenant, (tx) =>
      this.rows.countVectorsOutside(tx, id, spaces),
    );
    findings.add('vectors_of_no_use', unused);
    if (findings.repair && unused > 0) await this.removeUnused(tenant, id, spaces);
    const isOff = !(await this.statistics.addsUp(id));
    if (isOff && findings.repair) await this.statistics.recount(id);
    findings.add('collections_miscounted', isOff ? 1 : 0);
  }

  private async removeUnused(tenant: string, id: string, spaces: readonly number[]): Promise<void> {
    const limit = this.database.writeBatch;
    let removed: number;
    do {
      await this.index.waitForRoom(this.lifecycle.stopping);
      removed = await this.database.inTenant(tenant, (tx) =>
        this.index.removeVectorsOutside(tx, id, spaces, limit),
      );
    } while (removed > 0);
  }
}
