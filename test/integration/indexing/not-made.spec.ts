import type { Database } from '../../../src/database/database.js';
import { CollectionRefused, QdrantRefusal } from '../../../src/indexing/qdrant/qdrant-errors.js';
import type { Candidate } from '../../../src/indexing/vector-index.js';
import type { IndexTables } from './index-fixtures.js';
import { describeOnQdrant, emptyIndex, type qdrantTestParts } from './qdrant-fixtures.js';

const X = Float32Array.of(1, 0, 0);
/** More than a search scores by itself. */
const MANY = 130;

describeOnQdrant('an index whose collection is still to be made', (open, qdrant) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof qdrantTestParts>;
  let collection: string;

  beforeAll(async () => {
    database = await open();
  });

  beforeEach(async () => {
    ({ parts, tables, collection } = await emptyIndex(database, qdrant().url));
    await database.asSystem((tx) => tx.query('delete from index_versions'));
  });

  afterEach(() => parts.remove());

  async function add(count: number): Promise<string[]> {
    const ids = await tables.addRows(collection, count);
    const writes = ids.map((memoryId) => ({
      memoryId,
      ...{ collectionId: collection, spaceId: tables.space.id, embedding: X, words: 'apple' },
    }));
    await database.inTenant(tables.tenant, (tx) => parts.index.write(tx, writes));
    return ids;
  }

  async function found(): Promise<readonly Candidate[]> {
    const { candidates } = await parts.index.candidates(
      (work) => database.inTenant(tables.tenant, work),
      {
        tenant: tables.tenant,
        space: tables.space,
        collectionIds: [collection],
        mode: 'hybrid',
        embedding: X,
        text: 'apple',
        depth: 200,
        minCosine: -1,
        filter: {},
      },
    );
    return candidates;
  }

  const refuseCollections = () =>
    jest
      .spyOn(parts.store, 'createCollection')
      .mockRejectedValue(new QdrantRefusal('the limit is reached'));

  it('finds what is marked, and nothing where nothing was written', async () => {
    expect(await found()).toEqual([]);
    const ids = await add(3);
    expect((await found()).map(({ memoryId }) => memoryId).sort()).toEqual(ids.sort());
  });

  it('is unavailable, and not empty, where more is marked than a search scores by itself', async () => {
    await add(MANY);
    await expect(found()).rejects.toMatchObject({ code: 'index_unavailable', retryAfter: 2 });
    await parts.drain();
    expect(await found()).toHaveLength(MANY);
  });

  it('answers where the collection is made while it is asked', async () => {
    await add(MANY);
    const isMade = parts.spaces.isMade.bind(parts.spaces);
    jest.spyOn(parts.spaces, 'isMade').mockImplementationOnce(async (space) => {
      await parts.drain();
      return isMade(space);
    });
    expect(await found()).toHaveLength(MANY);
  });

  it('is made by the look for lost ones, which fails as long as Qdrant makes none', async () => {
    const ids = await add(2);
    const refused = refuseCollections();
    await parts.drain();
    await expect(parts.rebuild.findLost()).rejects.toBeInstanceOf(CollectionRefused);
    refused.mockRestore();
    await parts.rebuild.findLost();
    await database.asSystem((tx) => tx.query(`update outbox set due_at = now()`));
    await parts.drain();
    expect((await parts.store.ids(parts.spaces.alias(tables.space.id), 10)).sort()).toEqual(
      ids.sort(),
    );
  });
});
