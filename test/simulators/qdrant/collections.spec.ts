import { createMemories, describeServed, fill, freshName, TENANT_A } from './served.contract.js';

describeServed('collections', (served) => {
  it('are created once, described, patched and deleted', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await expect(createMemories(client, name)).rejects.toMatchObject({ status: 409 });
    expect(await client.collectionExists(name)).toEqual({ exists: true });
    const info = await client.getCollection(name);
    expect(info.config.hnsw_config).toMatchObject({ m: 0, payload_m: 16, ef_construct: 100 });
    expect(info.payload_schema['tenant']).toMatchObject({
      data_type: 'keyword',
      params: { type: 'keyword', is_tenant: true },
    });
    await client.updateCollection(name, { hnsw_config: { m: 8 } });
    expect((await client.getCollection(name)).config.hnsw_config.m).toBe(8);
    expect(await client.deleteCollection(name)).toBe(true);
    expect(await client.deleteCollection(name)).toBe(false);
    await expect(client.getCollection(name)).rejects.toMatchObject({ status: 404 });
  });

  it('are reached through an alias that moves in one step or not at all', async () => {
    const { client } = served();
    const [old, next, alias] = [
      await createMemories(client),
      await createMemories(client),
      freshName(),
    ];
    await fill(client, next);
    const create = (collection_name: string) => ({
      create_alias: { collection_name, alias_name: alias },
    });
    const change = (...actions: object[]) =>
      client.updateCollectionAliases({ actions: actions as [] });
    await change(create(old));
    expect((await client.count(alias)).count).toBe(0);
    await change({ delete_alias: { alias_name: alias } }, create(next));
    expect((await client.count(alias)).count).toBe(5);
    expect(await client.getCollectionAliases(next)).toEqual({
      aliases: [{ alias_name: alias, collection_name: next }],
    });
    const renamed = freshName();
    await change({ rename_alias: { old_alias_name: alias, new_alias_name: renamed } });
    expect((await client.getAliases()).aliases).toContainEqual({
      alias_name: renamed,
      collection_name: next,
    });
    await expect(client.count(alias)).rejects.toMatchObject({ status: 404 });
    await expect(change(create(freshName()))).rejects.toMatchObject({ status: 404 });
  });

  it('keep strict mode: limits and filters without an index', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    await client.updateCollection(name, {
      strict_mode_config: {
        enabled: true,
        max_query_limit: 3,
        upsert_max_batchsize: 1,
        unindexed_filtering_retrieve: false,
      },
    });
    const filter = { must: [TENANT_A] };
    const query = { query: [1, 0], using: 'dense', filter };
    await expect(client.query(name, { ...query, limit: 4 })).rejects.toMatchObject({ status: 400 });
    expect((await client.query(name, { ...query, limit: 3 })).points).toHaveLength(3);
    const points = [1, 2].map((id) => ({ id, vector: { dense: [1, 0] } }));
    await expect(client.upsert(name, { wait: true, points })).rejects.toMatchObject({
      status: 400,
    });
  });
});
