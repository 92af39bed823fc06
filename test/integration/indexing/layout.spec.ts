import { describeOnQdrant, emptyIndex } from './qdrant-fixtures.js';

const METHODS = ['createCollection', 'createPayloadIndexes', 'upsert'] as const;

describeOnQdrant('a collection in Qdrant', (open, qdrant) => {
  it('has its payload indexes before its first point, one that is built anew as well', async () => {
    const database = await open();
    const { parts, tables, collection } = await emptyIndex(database, qdrant().url);
    const done: string[] = [];
    for (const method of METHODS) {
      const call = parts.store[method].bind(parts.store) as (...how: unknown[]) => Promise<never>;
      jest.spyOn(parts.store, method).mockImplementation(async (name: string, ...how) => {
        const answer = await call(name, ...how);
        done.push(`${method} ${name.slice(name.lastIndexOf('_') + 1)}`);
        return answer;
      });
    }
    try {
      const [memoryId] = await tables.addRows(collection, 1);
      const own = { memoryId: memoryId!, collectionId: collection, spaceId: tables.space.id };
      const embedding = Float32Array.of(1, 0, 0);
      await database.inTenant(tables.tenant, (tx) =>
        parts.index.write(tx, [{ ...own, embedding, words: 'apple' }]),
      );
      await parts.drain();
      await parts.spaces.rebuild(tables.space.id);
      await parts.rebuild.step();
      await parts.drain();
      const first = ['createCollection v1', 'createPayloadIndexes v1', 'upsert v1'];
      const next = ['createCollection v2', 'createPayloadIndexes v2', 'upsert v1', 'upsert v2'];
      expect(done).toEqual([...first, ...next]);
    } finally {
      await parts.remove();
    }
  });
});
