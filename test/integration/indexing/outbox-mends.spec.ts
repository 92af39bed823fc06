import { Logger } from '@nestjs/common';
import { AppError } from '../../../src/common/errors/app-error.js';
import type { Database } from '../../../src/database/database.js';
import { IndexVersionsRepository } from '../../../src/indexing/qdrant/index-versions.repository.js';
import { toPoint } from '../../../src/indexing/qdrant/point.js';
import { QdrantRefusal } from '../../../src/indexing/qdrant/qdrant-errors.js';
import { QdrantSpaces } from '../../../src/indexing/qdrant/qdrant-spaces.js';
import { QdrantStore } from '../../../src/indexing/qdrant/qdrant-store.js';
import { startQdrantDouble } from '../../simulators/qdrant/index.js';
import { Gate } from '../../support/eventually.js';
import { type IndexTables } from './index-fixtures.js';
import { describeOnQdrant, emptyIndex, type qdrantTestParts } from './qdrant-fixtures.js';

const X = Float32Array.of(1, 0, 0);
const versions = new IndexVersionsRepository();

describeOnQdrant('an index that things happen to', (open, qdrant) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof qdrantTestParts>;
  let collection: string;

  beforeAll(async () => {
    database = await open();
  });

  beforeEach(async () => {
    ({ parts, tables, collection } = await emptyIndex(database, qdrant().url));
  });

  afterEach(() => parts.remove());

  async function add(embedding = X): Promise<string> {
    const memoryId = await tables.addRow(collection);
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.write(tx, [
        {
          memoryId,
          collectionId: collection,
          spaceId: tables.space.id,
          embedding,
          words: 'apple',
        },
      ]),
    );
    return memoryId;
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
        depth: 10,
        minCosine: -1,
        filter: {},
      },
    );
    return candidates.map((one) => one.memoryId).sort();
  }

  const marks = (): Promise<
    { generation: string; attempts: number; due: boolean; error: string | null }[]
  > =>
    database.asSystem((tx) =>
      tx.query(`select generation, attempts, due_at <= now() as due, error from outbox`),
    );

  /** As another process knows them: what the database and Qdrant tell. */
  const spacesOf = (store: QdrantStore): QdrantSpaces =>
    new QdrantSpaces(database, versions, store, parts.prefix);

  async function step(): Promise<void> {
    await parts.rebuild.step();
    await parts.drain();
  }

  const version = async () =>
    (await parts.spaces.all()).find((one) => one.space_id === tables.space.id)!;

  const lapse = () =>
    database.asSystem((tx) => tx.query(`update outbox set due_at = now() - interval '1 s'`));

  it('is healed by a rebuild where its collection takes no points any more', async () => {
    const memories = [await add()];
    await parts.drain();
    const live = parts.spaces.collection(tables.space.id, 1);
    const upsert = parts.store.upsert.bind(parts.store);
    jest
      .spyOn(parts.store, 'upsert')
      .mockImplementation((target, points) =>
        target === live
          ? Promise.reject(new QdrantRefusal('Qdrant answered 400: no such vector'))
          : upsert(target, points),
      );
    memories.push(await add(), await add());
    await parts.drain();
    const refused = expect.objectContaining({ error: expect.stringContaining('no such vector') });
    expect(await marks()).toEqual([refused, refused]);
    await parts.spaces.rebuild(tables.space.id);
    for (let n = 0; n < 20 && (await version()).building !== null; n += 1) await step();
    expect(await version()).toMatchObject({ live: 2, building: null });
    expect(await marks()).toEqual([]);
    expect(await found()).toEqual(memories.sort());
  });

  it('makes one first collection, however many processes are about to', async () => {
    const memory = await add();
    const others = Array.from({ length: 8 }, () => spacesOf(parts.store));
    const targets = await Promise.all(others.map((spaces) => spaces.targets(tables.space.id)));
    expect(new Set(targets.flat()).size).toBe(1);
    const mine = (await parts.store.collections()).filter((name) => name.startsWith(parts.prefix));
    expect(mine).toEqual(targets[0]);
    await parts.drain();
    expect(await found()).toEqual([memory]);
    expect(await parts.spaces.dead()).toEqual([]);
  });

  it('knows which of several processes has made a collection', async () => {
    const name = `${parts.prefix}_raced`;
    const made = Array.from({ length: 4 }, () => parts.store.createCollection(name, 3));
    expect((await Promise.all(made)).filter(Boolean)).toEqual([true]);
  });

  it('keeps its points when a process is late with the first collection', async () => {
    const memory = await add();
    const store = new QdrantStore({ url: qdrant().url });
    const create = store.createCollection.bind(store);
    const making = new Gate();
    jest.spyOn(store, 'createCollection').mockImplementationOnce(async (...how) => {
      await making.pass();
      return create(...how);
    });
    const late = spacesOf(store).targets(tables.space.id);
    await making.reached;
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    await step();
    await step();
    expect(await version()).toMatchObject({ live: 2, building: null });
    making.open();
    await late;
    expect(await found()).toEqual([memory]);
  });

  it('goes on with a rebuild that another process began and is slow with', async () => {
    const memory = await add();
    await parts.drain();
    const store = new QdrantStore({ url: qdrant().url });
    const createIndexes = store.createPayloadIndexes.bind(store);
    const indexing = new Gate();
    jest.spyOn(store, 'createPayloadIndexes').mockImplementationOnce(async (name) => {
      await indexing.pass();
      return createIndexes(name);
    });
    const slow = spacesOf(store).rebuild(tables.space.id);
    await indexing.reached;
    await parts.rebuild.step();
    indexing.open();
    await slow;
    expect(await version()).toMatchObject({ building: 2, marked: '1' });
    await parts.drain();
    await step();
    expect(await version()).toMatchObject({ live: 2, building: null });
    expect(await found()).toEqual([memory]);
  });

  it('makes the first collection that somebody died over', async () => {
    const memory = await add();
    await database.asSystem((tx) => versions.insertFirst(tx, tables.space.id, 7));
    await parts.rebuild.findLost();
    expect(await found()).toEqual([memory]);
    await parts.drain();
    const name = parts.spaces.collection(tables.space.id, 7);
    expect(await parts.store.collections()).toContain(name);
    expect(await found()).toEqual([memory]);
  });

  it('finds collections that no row names, whatever their number', async () => {
    await add();
    await parts.drain();
    const stray = parts.spaces.collection(tables.space.id, 9);
    await parts.store.createCollection(stray, 3);
    expect(await parts.spaces.dead()).toEqual([stray]);
  });

  it('marks anew what was written after its claim had gone to another', async () => {
    const memory = await add();
    const [late] = await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    const old = await database.asSystem((tx) => parts.sources.byIds(tx, tables.space.id, [memory]));
    await database.inTenant(tables.tenant, (tx) =>
      tx.query(`update memories set category = 'fact' where id = $1`, [memory]),
    );
    await lapse();
    await parts.drain();
    expect(await marks()).toEqual([]);
    // What was read before the change arrives now, and its writer clears.
    await parts.store.upsert(parts.spaces.alias(tables.space.id), old.map(toPoint));
    await database.asSystem((tx) => parts.outbox.clear(tx, [late!]));
    expect(await marks()).toHaveLength(1);
    await parts.drain();
    const [point] = await parts.store.retrieve(parts.spaces.alias(tables.space.id), [memory]);
    expect(point!.payload!.labels).toContain('category=fact');
  });

  it('leaves a later claim alone when an earlier one is given back', async () => {
    await add();
    const early = await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    await lapse();
    await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    await database.asSystem((tx) => parts.outbox.giveBack(tx, early));
    expect(await marks()).toMatchObject([{ due: false }]);
  });

  it('does not hold a row back for what was refused of an earlier state of it', async () => {
    const memory = await add();
    const [mark] = await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    await database.inTenant(tables.tenant, (tx) =>
      tx.query(`update memories set category = 'fact' where id = $1`, [memory]),
    );
    await database.asSystem((tx) => parts.outbox.refuse(tx, mark!, 'no'));
    expect(await marks()).toMatchObject([{ due: true, attempts: 0 }]);
  });

  it('notes a refusal however often there were others before', async () => {
    await add();
    await database.asSystem((tx) => tx.query('update outbox set attempts = 1024'));
    const [mark] = await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    await database.asSystem((tx) => parts.outbox.refuse(tx, mark!, 'no'));
    expect(await marks()).toMatchObject([{ due: false, attempts: 1025 }]);
  });

  it('gives back only what is not applied when Qdrant stops in the middle of it', async () => {
    const memories = [await add(), await add()];
    await parts.spaces.targets(tables.space.id);
    const away = new AppError('index_unavailable', 'away');
    const { upsert } = parts.store;
    parts.store.upsert = jest
      .fn(upsert.bind(parts.store))
      .mockRejectedValueOnce(new QdrantRefusal('one of them'))
      .mockImplementationOnce((...how) => upsert.apply(parts.store, how))
      .mockRejectedValueOnce(away);
    await expect(parts.applier.applySome()).rejects.toBe(away);
    expect(await marks()).toMatchObject([{ due: true, attempts: 0, error: 'away' }]);
    await database.asSystem((tx) => parts.outbox.claim(tx, 1));
    expect(await marks()).toMatchObject([{ due: false, error: null }]);
    await lapse();
    await parts.drain();
    expect(await found()).toEqual(memories.sort());
  });

  it('finds its points again when the alias was lost', async () => {
    const memory = await add();
    await parts.drain();
    const { id } = tables.space;
    await parts.store.pointAlias(parts.spaces.alias(id), await emptyCollection());
    expect(await found()).toEqual([]);
    await parts.rebuild.findLost();
    expect(await found()).toEqual([memory]);
  });

  it('tells of a collection that is lost, and not of one that a swap has removed', async () => {
    await database.asSystem((tx) => tx.query('delete from index_versions'));
    await add();
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    await step();
    const present = parts.spaces.present.bind(parts.spaces);
    jest.spyOn(parts.spaces, 'present').mockImplementationOnce(async () => {
      await step();
      return present();
    });
    const told = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    await parts.rebuild.findLost();
    expect(await version()).toMatchObject({ live: 2, building: null });
    expect(told.mock.calls).toEqual([]);
    await parts.remove();
    await parts.rebuild.findLost();
    expect(told.mock.calls).toEqual([[expect.stringContaining('_v2 is gone from Qdrant')]]);
    told.mockRestore();
  });

  it('rebuilds into a collection that no earlier installation has used', async () => {
    const memory = await add();
    await parts.drain();
    const { id } = tables.space;
    // As if rows were restored from before the last rebuild.
    await parts.store.createCollection(parts.spaces.collection(id, 7), 3);
    await parts.spaces.rebuild(id);
    for (let steps = 0; steps < 20; steps += 1) await step();
    expect(await version()).toMatchObject({ live: 8, building: null });
    expect(await found()).toEqual([memory]);
  });

  async function emptyCollection(): Promise<string> {
    const name = `${parts.prefix}_empty`;
    await parts.store.createCollection(name, 3);
    await parts.store.createPayloadIndexes(name);
    return name;
  }
});

describe('a Qdrant that does not know our key', () => {
  it('is an index that is unavailable, and no fault of any point', async () => {
    const double = await startQdrantDouble({ apiKey: 'the right one' });
    try {
      const store = new QdrantStore({ url: double.url });
      await expect(store.collections()).rejects.toMatchObject({ code: 'index_unavailable' });
    } finally {
      await double.close();
    }
  });
});
