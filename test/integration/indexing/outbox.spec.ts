import type { Database } from '../../../src/database/database.js';
import type { IndexQuery } from '../../../src/indexing/vector-index.js';
import { eventually, Gate } from '../../support/eventually.js';
import { type IndexTables } from './index-fixtures.js';
import { describeOnQdrant, emptyIndex, type qdrantTestParts } from './qdrant-fixtures.js';

const X = Float32Array.of(1, 0, 0);
const Y = Float32Array.of(0, 1, 0);

interface MarkRow {
  memory_id: string;
  generation: string;
  attempts: number;
  error: string | null;
  due_in: number;
}

describeOnQdrant('the outbox', (open, qdrant) => {
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

  afterEach(async () => {
    qdrant().double?.faults.clear();
    await parts.remove();
  });

  async function add(words: string, embedding = X): Promise<string> {
    const memoryId = await tables.addRow(collection);
    await write(memoryId, words, embedding);
    return memoryId;
  }

  const write = (memoryId: string, words: string, embedding = X) =>
    database.inTenant(tables.tenant, (tx) =>
      parts.index.write(tx, [
        { memoryId, collectionId: collection, spaceId: tables.space.id, embedding, words },
      ]),
    );

  const marks = (): Promise<MarkRow[]> =>
    database.asSystem((tx) =>
      tx.query(
        `select memory_id, generation, attempts, error,
           extract(epoch from due_at - now())::float8 as due_in from outbox order by generation`,
      ),
    );

  const sql = (text: string, values: unknown[]) =>
    database.inTenant(tables.tenant, (tx) => tx.query(text, values));

  async function pointOf(memoryId: string) {
    const name = parts.spaces.alias(tables.space.id);
    const [point] = await parts.store.retrieve(name, [memoryId]);
    return point;
  }

  const search = (query: Partial<IndexQuery>) =>
    parts.index.candidates((work) => database.inTenant(tables.tenant, work), {
      tenant: tables.tenant,
      space: tables.space,
      collectionIds: [collection],
      mode: 'hybrid',
      embedding: X,
      text: '',
      depth: 10,
      minCosine: -1,
      filter: {},
      ...query,
    });

  describe('marks', () => {
    it('are made with the rows and gone once the points are there', async () => {
      const memory = await add('apple');
      expect((await marks()).map((mark) => mark.memory_id)).toEqual([memory]);
      await parts.drain();
      expect(await marks()).toEqual([]);
      expect(await pointOf(memory)).toMatchObject({
        id: memory,
        payload: { tenant_id: tables.tenant, collection_id: collection, visible: true },
      });
    });

    it('are not made by a transaction that rolls back', async () => {
      const memoryId = await tables.addRow(collection);
      const failed = database.inTenant(tables.tenant, async (tx) => {
        const entry = { memoryId, collectionId: collection, spaceId: tables.space.id };
        await parts.index.write(tx, [{ ...entry, embedding: X, words: 'apple' }]);
        throw new Error('rolled back');
      });
      await expect(failed).rejects.toThrow('rolled back');
      expect(await marks()).toEqual([]);
    });

    it.each([
      ['category', `category = 'fact'`],
      ['metadata', `metadata = '{"a": 1}'`],
      ['visibility', 'visible = false'],
      ['expiry', `expires_at = now() + interval '1 day'`],
    ])('follow a change of the %s', async (_, change) => {
      const memory = await add('apple');
      await parts.drain();
      const before = (await pointOf(memory))!.payload!.digest;
      await sql(`update memories set ${change} where id = $1`, [memory]);
      expect(await marks()).toHaveLength(1);
      await parts.drain();
      expect((await pointOf(memory))!.payload!.digest).not.toBe(before);
    });

    it('leave out changes that no point shows', async () => {
      const memory = await add('apple');
      await parts.drain();
      await sql(`update memories set importance = 1, pinned = true where id = $1`, [memory]);
      expect(await marks()).toEqual([]);
    });

    it('follow rows that are deleted with their collection', async () => {
      const memory = await add('apple');
      await parts.drain();
      await sql(`delete from collections where id = $1`, [collection]);
      expect((await marks()).map((mark) => mark.memory_id)).toEqual([memory]);
      await parts.drain();
      expect(await pointOf(memory)).toBeUndefined();
      expect(await marks()).toEqual([]);
    });
  });

  it('tells a search what is not applied yet, and not what was removed', async () => {
    const removed = await add('apple');
    const changed = await add('banana', Y);
    await parts.drain();
    const fresh = await add('apple cherry');
    await write(changed, 'damson', X);
    await database.inTenant(tables.tenant, (tx) => parts.index.remove(tx, [removed]));
    await parts.folder.foldAll();
    const { candidates } = await search({ text: 'apple damson' });
    expect(candidates.map((one) => one.memoryId).sort()).toEqual([fresh, changed].sort());
    expect(candidates.every((one) => one.cosine === 1 && one.bm25 > 0)).toBe(true);
    await parts.drain();
    const settled = await search({ text: 'apple damson' });
    expect(settled.candidates.map((one) => one.memoryId)).toEqual(
      candidates.map((one) => one.memoryId),
    );
    for (const [at, one] of settled.candidates.entries())
      expect(one.fused).toBeCloseTo(candidates[at]!.fused, 5);
  });

  it('keeps a mark that was renewed while its point was written, and writes it again', async () => {
    const memory = await add('apple');
    const [claimed] = await database.asSystem((tx) => parts.outbox.claim(tx, 10));
    await write(memory, 'banana');
    expect(await parts.applier.applySome()).toBe(0);
    await database.asSystem((tx) => parts.outbox.clear(tx, [claimed!]));
    expect(await parts.applier.applySome()).toBe(1);
    expect(await marks()).toEqual([]);
    expect(await search({ mode: 'text', text: 'banana' })).toMatchObject({
      candidates: [{ memoryId: memory }],
    });
  });

  it('has a mark due at once that is renewed at the moment when it is cleared', async () => {
    const memory = await add('apple');
    const claimed = await database.asSystem((tx) => parts.outbox.claim(tx, 10));
    const gate = new Gate();
    const renewing = database.inTenant(tables.tenant, async (tx) => {
      await tx.query(`update point_words set length = length where memory_id = $1`, [memory]);
      await gate.pass();
    });
    await gate.reached;
    const clearing = database.asSystem((tx) => parts.outbox.clear(tx, claimed));
    await eventually('the clearing waits for it', async () => {
      const waiting = await sql(`select from pg_locks where not granted`, []);
      return waiting.length > 0 ? true : undefined;
    });
    gate.open();
    await Promise.all([renewing, clearing]);
    expect((await marks())[0]!.due_in).toBeLessThanOrEqual(0);
  });

  it('leaves marks to others until they have been overdue for as long as is asked', async () => {
    const old = await add('apple');
    await database.asSystem((tx) =>
      tx.query(`update outbox set due_at = due_at - interval '31 s' where memory_id = $1`, [old]),
    );
    await add('banana');
    expect(await parts.applier.applySome({ leftFor: 30 })).toBe(1);
    expect(await parts.applier.applySome({ leftFor: 30 })).toBe(0);
    expect(await parts.applier.applySome()).toBe(1);
  });

  it('gives two appliers different marks', async () => {
    for (const words of ['one', 'two', 'three', 'four']) await add(words);
    const claims = await Promise.all(
      [1, 2].map(() => database.asSystem((tx) => parts.outbox.claim(tx, 2))),
    );
    const ids = claims.flat().map((mark) => mark.memory_id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('holds syncs back at a fifth of the backlog and requests at the whole of it', async () => {
    const fill = async (count: number): Promise<void> => {
      const ids = await tables.addRows(collection, count);
      await database.inTenant(tables.tenant, (tx) =>
        parts.index.write(
          tx,
          ids.map((memoryId) => ({
            memoryId,
            collectionId: collection,
            spaceId: tables.space.id,
            embedding: X,
            words: 'apple',
          })),
        ),
      );
      parts.clock.advance(1000);
    };
    await fill(9);
    await parts.index.waitForRoom(new AbortController().signal);
    await fill(1);
    const cancelled = AbortSignal.abort(new Error('cancelled'));
    await expect(parts.index.waitForRoom(cancelled)).rejects.toThrow('cancelled');
    await parts.index.requireRoom();
    await fill(40);
    await expect(parts.index.requireRoom()).rejects.toMatchObject({ code: 'index_behind' });
    await parts.drain();
    parts.clock.advance(1000);
    await parts.index.requireRoom();
    await parts.index.waitForRoom(new AbortController().signal);
  });

  it('isolates a point that Qdrant refuses and tells why', async () => {
    const good = [await add('apple'), await add('banana')];
    const bad = await add('cherry', Float32Array.of(1, 0, 0, 0));
    const more = await add('damson');
    await parts.drain();
    const [mark, ...others] = await marks();
    expect(others).toEqual([]);
    expect(mark).toMatchObject({ memory_id: bad, attempts: 1, error: expect.any(String) });
    expect(mark!.due_in).toBeGreaterThan(0);
    for (const memory of [...good, more]) expect(await pointOf(memory)).toBeDefined();
    // Another state of the row is another try.
    await write(bad, 'cherry', X);
    expect((await marks())[0]!.due_in).toBeLessThanOrEqual(0);
    await parts.drain();
    expect(await pointOf(bad)).toBeDefined();
  });

  it('fills a collection that was lost again, and says so meanwhile', async () => {
    const memories = [await add('apple'), await add('banana')];
    await parts.drain();
    await loseCollections();
    await expect(search({})).rejects.toMatchObject({ code: 'index_unavailable' });
    const fresh = await add('cherry');
    await parts.drain();
    await expect(search({})).rejects.toMatchObject({ code: 'index_unavailable' });
    await finishRebuild();
    const { candidates } = await search({});
    expect(candidates.map((one) => one.memoryId).sort()).toEqual([...memories, fresh].sort());
  });

  it('finds out by itself that a collection was lost, though nobody writes', async () => {
    const memories = [await add('apple'), await add('banana')];
    await parts.drain();
    await loseCollections();
    await parts.rebuild.findLost();
    await finishRebuild();
    const { candidates } = await search({});
    expect(candidates.map((one) => one.memoryId).sort()).toEqual(memories.sort());
  });

  it('begins a rebuild anew when all is lost before it swaps', async () => {
    const memories = [await add('apple'), await add('banana')];
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    await parts.rebuild.step();
    await parts.drain();
    await loseCollections();
    await finishRebuild();
    const { candidates } = await search({});
    expect(candidates.map((one) => one.memoryId).sort()).toEqual(memories.sort());
  });

  it('rebuilds into a new collection while searches go on, and swaps', async () => {
    const memories = [await add('apple'), await add('banana')];
    await parts.drain();
    await parts.spaces.rebuild(tables.space.id);
    expect((await search({})).candidates).toHaveLength(2);
    await parts.rebuild.step();
    const late = await add('cherry');
    await finishRebuild();
    const [version] = (await parts.spaces.all()).filter((one) => one.space_id === tables.space.id);
    expect(version).toMatchObject({ live: 2, building: null, lost: false });
    const mine = (await parts.store.collections()).filter((name) => name.startsWith(parts.prefix));
    expect(mine).toEqual([parts.spaces.collection(tables.space.id, 2)]);
    const { candidates } = await search({});
    expect(candidates.map((one) => one.memoryId).sort()).toEqual([...memories, late].sort());
  });

  async function loseCollections(): Promise<void> {
    for (const name of await parts.store.collections())
      if (name.startsWith(parts.prefix)) await parts.store.deleteCollection(name);
  }

  async function finishRebuild(): Promise<void> {
    for (let step = 0; step < 60; step += 1) {
      await parts.rebuild.step();
      await parts.drain();
      const building = (await parts.spaces.all()).some((one) => one.building !== null);
      if (!building) return;
    }
    throw new Error('the rebuild does not end');
  }
});
