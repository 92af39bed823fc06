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
/** No more than are embedded together: who waits for the index has written nothing of the page. */
const PAGE_TO_REPAIR = 200;

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

  /**
   * @param patience ends waiting for the index
   * @returns where the next page begins; null when this was the last one
   */
  async page(
    collection: CheckedCollection,
    after: PageEnd | null,
    findings: Findings,
    patience: AbortSignal,
    most = PAGE,
  ): Promise<PageEnd | null> {
    const { tenant, id, spaceId } = collection;
    const size = findings.repair ? Math.min(most, PAGE_TO_REPAIR) : most;
    const { page, held } = await this.database.inTenant(tenant, async (tx) => {
      const memories = await this.texts.page(tx, tenant, id, after, size);
      const ids = memories.map((memory) => memory.id);
      return { page: memories, held: await this.index.held(tx, spaceId, id, ids) };
    });
    const ids = page.map((memory) => memory.id);
    const without = {
      memories_without_vector: ids.filter((memory) => !held.vectors.has(memory)),
      memories_without_words: ids.filter((memory) => !held.words.has(memory)),
    };
    const embedder = this.embedders.find(collection.model);
    if (!embedder) findings.unconfigured.add(collection.model);
    const repair = findings.repair && embedder !== undefined;
    const broken = [...new Set(Object.values(without).flat())];
    if (repair && broken.length > 0) {
      const target = { collectionId: id, spaceId, embedder, words: true };
      const { stopping } = this.lifecycle;
      const either = AbortSignal.any([stopping, patience]);
      await this.texts.write(tenant, target, broken, stopping, either);
    }
    findings.checked += page.length;
    for (const [kind, some] of Object.entries(without))
      findings.add(kind as keyof typeof without, some.length, repair ? some.length : 0);
    return page.length < size ? null : page.at(-1)!;
  }

  /**
   * What concerns the collection as a whole, once its memories are looked at.
   * @returns whether there may be more vectors to remove than this time
   */
  async whole(
    collection: CheckedCollection,
    findings: Findings,
    size = this.database.writeBatch,
  ): Promise<boolean> {
    const { tenant, id, spaceId, nextSpaceId } = collection;
    const spaces = nextSpaceId === null ? [spaceId] : [spaceId, nextSpaceId];
    const limit = Math.min(size, this.database.writeBatch);
    const unused = await this.database.inTenant(tenant, (tx) =>
      findings.repair
        ? this.index.removeVectorsOutside(tx, id, spaces, limit)
        : this.rows.countVectorsOutside(tx, id, spaces),
    );
    findings.add('vectors_of_no_use', unused);
    if (findings.repair && unused > 0) return true;
    const isOff = !(await this.statistics.addsUp(id));
    if (isOff && findings.repair) await this.statistics.recount(id);
    findings.add('collections_miscounted', isOff ? 1 : 0);
    return false;
  }
}
