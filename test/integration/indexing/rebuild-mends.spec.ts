import type { Database } from '../../../src/database/database.js';
import { OutboxPressure } from '../../../src/indexing/outbox/outbox-pressure.js';
import { IndexRebuild } from '../../../src/indexing/qdrant/index-rebuild.js';
import { IndexVersionsRepository } from '../../../src/indexing/qdrant/index-versions.repository.js';
import { QdrantRefusal } from '../../../src/indexing/qdrant/qdrant-errors.js';
import { QdrantSpaces } from '../../../src/indexing/qdrant/qdrant-spaces.js';
import { QdrantStore } from '../../../src/indexing/qdrant/qdrant-store.js';
import { Gate } from '../../support/eventually.js';
import { IndexTables } from './index-fixtures.js';
import { describeOnQdrant, emptyIndex, type qdrantTestParts } from './qdrant-fixtures.js';

const X = Float32Array.of(1, 0, 0);
const versions = new IndexVersionsRepository();

describeOnQdrant('a rebuild that things happen to', (open, qdrant) => {
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

  async function fill(count: number, into = { tables, collection }): Promise<string[]> {
    const ids = await into.tables.addRows(into.collection, count);
    await database.inTenant(into.tables.tenant, (tx) =>
      parts.index.write(
        tx,
        ids.map((memoryId) => ({
          memoryId,
          collectionId: into.collection,
          spaceId: into.tables.space.id,
          embedding: X,
          words: 'apple',
        })),
      ),
    );
    return ids.sort();
  }

  async function found(): Promise<string[]> {
    const { candidates } = await parts.index.candidates(
      (work) => database.inTenant(tables.tenant, work),
      {
        tenant: tables.tenant,
        space: tables.space,
        collectionIds: [collection],
        mode: 'hybrid',
        embedding: X,
        text: '',
        depth: 100,
        minCosine: -1,
        filter: {},
      },
    );
    return candidates.map((one) => one.memoryId).sort();
  }

  const version = async () =>
    (await parts.spaces.all()).find((one) => one.space_id === tables.space.id)!;

  const marks = (): Promise<{ memory_id: string; attempts: number; error: string | null }[]> =>
    database.asSystem((tx) => tx.query(`select memory_id, attempts, error from outbox`));

  async function lose(): Promise<void> {
    for (const name of await parts.store.collections())
      if (name.startsWith(parts.prefix)) await parts.store.deleteCollection(name);
  }

  async function anotherSpace() {
    const other = await IndexTables.create(database);
    return { tables: other, collection: await other.addCollection() };
  }

  /** As another process would carry it on, which knows what the database and Qdrant tell it. */
  function another(store = parts.store) {
    const spaces = new QdrantSpaces(database, versions, store, parts.prefix);
    const pressure = new OutboxPressure(database, parts.outbox, parts.clock, 50);
    const rebuild = new IndexRebuild(database, versions, spaces, pressure);
    return { spaces, rebuild };
  }

  /** A store of another process whose list of collections arrives when the gate opens. */
  function slowToList(): { store: QdrantStore; listed: Gate } {
    const listed = new Gate();
    const store = new QdrantStore({ url: qdrant().url });
    const collections = store.collections.bind(store);
    store.collections = async () => {
      const names = await collections();
      await listed.pass();
      return names;
    };
    return { store, listed };
  }

  async function finish(rebuild = parts.rebuild): Promise<void> {
    for (let step = 0; step < 60; step += 1) {
      await rebuild.step();
      await parts.drain();
      await rebuild.findLost();
      if ((await version()).building === null) return;
    }
    throw new Error('the rebuild does not end');
  }

  /** A rebuild whose marks are all applied: the next step swaps. */
  async function almostRebuild(count: number): Promise<string[]> {
    const ids = await fill(count);
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    await parts.rebuild.step();
    await parts.drain();
    return ids;
  }

  describe('begins anew when Qdrant loses everything', () => {
    it('while it marks, and what was marked before is found again', async () => {
      const ids = await almostRebuild(12);
      expect(await version()).toMatchObject({ marked: '5', last_generation: null });
      await lose();
      await finish();
      expect(await found()).toEqual(ids);
    });

    it('while it marks, and somebody writes', async () => {
      const ids = await almostRebuild(12);
      await lose();
      const late = await fill(1);
      await parts.drain();
      await finish();
      expect(await found()).toEqual([...ids, ...late].sort());
    });

    it('before it swaps, and every process is started anew', async () => {
      const ids = await almostRebuild(3);
      await lose();
      const { rebuild } = another();
      await rebuild.step();
      expect(await version()).toMatchObject({ live: 1, building: 3 });
      await finish(rebuild);
      expect(await found()).toEqual(ids);
    });

    it('while another process is still about to make its collection', async () => {
      const ids = await fill(3);
      await parts.drain();
      const store = new QdrantStore({ url: qdrant().url });
      const create = store.createCollection.bind(store);
      const making = new Gate();
      jest.spyOn(store, 'createCollection').mockImplementationOnce(async (...how) => {
        await making.pass();
        return create(...how);
      });
      const slow = another(store).spaces.rebuild(tables.space.id);
      await making.reached;
      await parts.rebuild.step();
      await parts.drain();
      await lose();
      making.open();
      await slow;
      expect(await version()).toMatchObject({ building: 3, marked: '0' });
      await finish();
      expect(await found()).toEqual(ids);
    });

    it('and marks while syncs wait, which other rebuilds do not', async () => {
      await almostRebuild(12);
      const { tables: own, collection: notes } = await anotherSpace();
      // Of the 50 at which requests are refused, at ten of which syncs wait.
      await fill(15, { tables: own, collection: notes });
      await parts.rebuild.step();
      expect(await version()).toMatchObject({ lost: false, marked: '5' });
      await lose();
      await parts.rebuild.findLost();
      await parts.rebuild.step();
      expect(await version()).toMatchObject({ lost: true, building: 3, marked: '10' });
    });

    it('and nobody writes or marks, at the next look', async () => {
      await almostRebuild(12);
      await lose();
      await another().rebuild.findLost();
      expect(await version()).toMatchObject({ lost: true, building: 3, marked: '0' });
    });
  });

  it('counts what is added while it marks among all', async () => {
    await almostRebuild(12);
    expect(await version()).toMatchObject({ marked: '5', total: '12' });
    // As if five were added since.
    await database.asSystem((tx) => tx.query('update index_versions set total = 7'));
    await parts.rebuild.step();
    expect(await version()).toMatchObject({ marked: '10', total: '10' });
  });

  it('makes its collection when the process died that had named it', async () => {
    const ids = await fill(3);
    await parts.drain();
    await database.asSystem((tx) => versions.begin(tx, tables.space.id, { above: 1 }));
    const late = await fill(1);
    await parts.drain();
    await finish();
    expect(await version()).toMatchObject({ live: 2, building: null });
    expect(await found()).toEqual([...ids, ...late].sort());
  });

  it('keeps its alias when another process looks for lost collections across the swap', async () => {
    const ids = await almostRebuild(3);
    const { store, listed } = slowToList();
    const looking = another(store).rebuild.findLost();
    await listed.reached;
    const deleting = new Gate();
    const remove = parts.store.deleteCollection.bind(parts.store);
    jest.spyOn(parts.store, 'deleteCollection').mockImplementationOnce(async (name) => {
      await deleting.pass();
      return remove(name);
    });
    const swapping = parts.rebuild.step();
    await deleting.reached;
    listed.open();
    await looking;
    deleting.open();
    await swapping;
    expect(await found()).toEqual(ids);
  });

  it('keeps its alias when another process set it back between the two halves of the swap', async () => {
    const ids = await almostRebuild(3);
    const { id } = tables.space;
    const point = parts.store.pointAlias.bind(parts.store);
    jest.spyOn(parts.store, 'pointAlias').mockImplementationOnce(async (alias, built) => {
      await point(alias, built);
      await point(alias, parts.spaces.collection(id, 1));
    });
    await parts.rebuild.step();
    expect(await found()).toEqual(ids);
  });

  it('is not taken for a loss by a process that saw the old collection go', async () => {
    const ids = await almostRebuild(3);
    const { store, listed } = slowToList();
    const recovering = another(store).spaces.recover(
      tables.space.id,
      parts.spaces.collection(tables.space.id, 1),
    );
    await listed.reached;
    await parts.rebuild.step();
    listed.open();
    await recovering;
    expect(await version()).toMatchObject({ live: 2, lost: false, building: null });
    expect(await found()).toEqual(ids);
  });

  it('loses nothing to a process that is late with the swap of an earlier one', async () => {
    const ids = await almostRebuild(3);
    const old = await version();
    await parts.rebuild.step();
    await parts.spaces.rebuild(tables.space.id);
    await another().spaces.swap(old);
    const mine = (await parts.store.collections()).filter((name) => name.startsWith(parts.prefix));
    expect(mine.sort()).toEqual([2, 3].map((n) => parts.spaces.collection(tables.space.id, n)));
    expect(await version()).toMatchObject({ live: 2, building: 3 });
    expect(await found()).toEqual(ids);
  });

  it('has marks that API processes take up at once', async () => {
    await fill(3);
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    await parts.rebuild.step();
    expect(await parts.applier.applySome({ leftFor: 30 })).toBe(3);
  });

  describe('whose collection Qdrant does not make', () => {
    const refuse = () =>
      jest
        .spyOn(parts.store, 'createCollection')
        .mockRejectedValue(new QdrantRefusal('Qdrant answered 400: the limit is reached'));

    it('is no fault of a point, and writes go on', async () => {
      const ids = await fill(3);
      await parts.drain();
      const refused = refuse();
      await expect(parts.spaces.rebuild(tables.space.id)).rejects.toMatchObject({
        code: 'index_unavailable',
        message: expect.stringContaining('the limit is reached'),
      });
      await expect(parts.rebuild.step()).rejects.toMatchObject({ code: 'index_unavailable' });
      const late = await fill(1);
      await parts.drain();
      expect(await marks()).toEqual([]);
      refused.mockRestore();
      await finish();
      expect(await version()).toMatchObject({ live: 2 });
      expect(await found()).toEqual([...ids, ...late].sort());
    });

    it('leaves a space that is new without service, and others go on', async () => {
      const ids = await fill(3);
      await parts.drain();
      const refused = refuse();
      const unmade = await anotherSpace();
      const waiting = await fill(3, unmade);
      for (let round = 0; round < 4; round += 1) {
        ids.push(...(await fill(1)));
        await database.asSystem((tx) => tx.query(`update outbox set due_at = now()`));
        await parts.drain();
      }
      const left = await marks();
      expect(left.map((mark) => mark.memory_id).sort()).toEqual(waiting);
      for (const mark of left)
        expect(mark).toMatchObject({ attempts: 0, error: expect.stringContaining('the limit') });
      expect(await found()).toEqual(ids.sort());
      expect(await isServing(unmade)).toBe(false);
      refused.mockRestore();
      await database.asSystem((tx) => tx.query(`update outbox set due_at = now()`));
      await parts.drain();
      expect(await marks()).toEqual([]);
      expect(await isServing(unmade)).toBe(true);
    });

    it('takes no room from the rebuilds of others', async () => {
      await fill(3);
      await parts.drain();
      await parts.spaces.rebuild(tables.space.id);
      refuse();
      await fill(10, await anotherSpace());
      await parts.drain();
      await parts.rebuild.step();
      expect(await version()).toMatchObject({ building: 2, marked: '3' });
    });

    it('keeps none of the later spaces back', async () => {
      await fill(3);
      await fill(3, await anotherSpace());
      await parts.drain();
      const create = parts.store.createCollection.bind(parts.store);
      const first = parts.spaces.collection(tables.space.id, 2);
      jest
        .spyOn(parts.store, 'createCollection')
        .mockImplementation((name, dimensions) =>
          name === first ? Promise.reject(new QdrantRefusal('too many')) : create(name, dimensions),
        );
      await expect(parts.rebuild.begin()).rejects.toThrow('too many');
      await expect(parts.rebuild.step()).rejects.toThrow('too many');
      expect(await parts.spaces.all()).toMatchObject([
        { building: 2, building_made: false },
        { building: 2, building_made: true, marked: '3' },
      ]);
    });
  });

  it('serves nothing whose points are lost, until they are there again', async () => {
    await fill(3);
    await parts.drain();
    expect(await isServing()).toBe(true);
    await lose();
    await parts.rebuild.findLost();
    expect(await isServing()).toBe(false);
    await finish();
    expect(await isServing()).toBe(true);
  });

  it('serves without single points that are refused, and not without many', async () => {
    await fill(101);
    const refuseAllBut = (left: number) =>
      database.asSystem((tx) =>
        tx.query(
          `update outbox set attempts = 3 where memory_id in
             (select memory_id from outbox order by memory_id offset $1)`,
          [left],
        ),
      );
    await refuseAllBut(1);
    expect(await isServing()).toBe(false);
    await refuseAllBut(0);
    expect(await isServing()).toBe(false);
    await database.asSystem((tx) =>
      tx.query(`delete from outbox where memory_id in (select memory_id from outbox limit 1)`),
    );
    expect(await isServing()).toBe(true);
  });

  const isServing = (of = { tables, collection }) =>
    database.asSystem((tx) => parts.index.isServing(tx, of.tables.space, of.collection));
});
