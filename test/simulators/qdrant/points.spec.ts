import { createMemories, describeServed, fill, TENANT_A } from './served.contract.js';

const UUID = '3F2504E0-4F89-41D3-9A0C-0305E82C3301';
const vector = { dense: [1, 0] };

describeServed('points', (served) => {
  it('are stored normalised for Cosine and as they are for Dot', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    const [found] = await client.retrieve(name, { ids: [1], with_vector: true });
    const { dense, raw, words } = found!.vector as Record<string, number[]>;
    expect(dense![0]).toBeCloseTo(0.6, 6);
    expect(dense![1]).toBeCloseTo(0.8, 6);
    expect(raw).toEqual([3, 4]);
    expect(words).toEqual({ indices: [7, 9], values: [1, 2] });
  });

  it('are replaced whole by an upsert, payload and vectors', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await client.upsert(name, {
      wait: true,
      points: [{ id: UUID, vector: { ...vector, raw: [2, 2] }, payload: { tenant: 'a', rank: 1 } }],
    });
    const batch = { ids: [UUID], vectors: { dense: [[0, 1]] }, payloads: [{ tenant: 'b' }] };
    await client.upsert(name, { wait: true, batch });
    const found = await client.retrieve(name, { ids: [UUID], with_vector: true });
    expect(found).toEqual([
      { id: UUID.toLowerCase(), payload: { tenant: 'b' }, vector: { dense: [0, 1] } },
    ]);
  });

  it('are upserted under a condition: by mode and by filter', async () => {
    const { client } = served();
    const name = await createMemories(client);
    const put = (id: number, rank: number, extra: object) =>
      client.upsert(name, { wait: true, points: [{ id, vector, payload: { rank } }], ...extra });
    const isOlder = { must: [{ key: 'rank', range: { lt: 5 } }] };
    await put(1, 1, { update_mode: 'insert_only' });
    await put(1, 9, { update_mode: 'insert_only' });
    await put(2, 9, { update_mode: 'update_only' });
    await put(1, 5, { update_filter: isOlder });
    await put(1, 4, { update_filter: isOlder });
    await put(3, 7, { update_filter: isOlder });
    const { points } = await client.scroll(name);
    expect(points.map(({ id, payload }) => [id, payload!['rank']])).toEqual([
      [1, 5],
      [3, 7],
    ]);
  });

  it('have payloads that are set, overwritten, taken away and cleared', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    const at = { wait: true, points: [1] };
    const payload = async () => (await client.retrieve(name, { ids: [1] }))[0]!.payload;
    await client.overwritePayload(name, { ...at, payload: { rank: 1, box: { a: 1 } } });
    await client.setPayload(name, { ...at, payload: { pinned: true } });
    await client.setPayload(name, { ...at, payload: { b: 2 }, key: 'box' });
    expect(await payload()).toEqual({ rank: 1, pinned: true, box: { a: 1, b: 2 } });
    await client.deletePayload(name, { ...at, keys: ['rank', 'box.a'] });
    expect(await payload()).toEqual({ pinned: true, box: { b: 2 } });
    await client.clearPayload(name, { wait: true, points: [1] });
    expect(await payload()).toEqual({});
  });

  it('are deleted by id, by filter and in a batch with other changes', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    await client.delete(name, { wait: true, points: [1] });
    await client.delete(name, {
      wait: true,
      filter: { must: [TENANT_A, { key: 'rank', match: { value: 2 } }] },
    });
    const done = await client.batchUpdate(name, {
      wait: true,
      operations: [
        { delete: { points: [3] } },
        { set_payload: { payload: { rank: 40 }, points: [4] } },
      ],
    });
    expect(done.map(({ status }) => status)).toEqual(['completed', 'completed']);
    const { points } = await client.scroll(name);
    expect(points.map(({ id, payload }) => [id, payload!['rank']])).toEqual([
      [4, 40],
      [5, 5],
    ]);
  });

  it('are scrolled in the order of ids, page by page, integers before UUIDs', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    await client.upsert(name, { wait: true, points: [{ id: UUID, vector }] });
    const first = await client.scroll(name, { limit: 4, with_payload: false });
    expect(first.points.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(first.next_page_offset).toBe(5);
    const next = await client.scroll(name, { limit: 4, offset: 5, with_payload: ['tenant'] });
    expect(next.points).toEqual([
      { id: 5, payload: { tenant: 'b' } },
      { id: UUID.toLowerCase(), payload: {} },
    ]);
    expect(next.next_page_offset).toBeNull();
  });

  it('show the payload that is asked for', async () => {
    const { client } = served();
    const name = await createMemories(client);
    await fill(client, name);
    const shown = async (with_payload: string[] | { exclude: string[] } | boolean) =>
      (await client.retrieve(name, { ids: [2], with_payload }))[0]!.payload;
    expect(await shown(['rank'])).toEqual({ rank: 2 });
    expect(await shown({ exclude: ['tags', 'at', 'tenant'] })).toEqual({ rank: 2, pinned: true });
    expect(await shown(false)).toBeUndefined();
  });

  it('answer 400 for a vector of the wrong size or name and 404 for an unknown collection', async () => {
    const { client } = served();
    const name = await createMemories(client);
    const put = (wrong: Record<string, number[]>, where = name) =>
      client.upsert(where, { wait: true, points: [{ id: 1, vector: wrong }] });
    await expect(put({ dense: [1, 2, 3] })).rejects.toMatchObject({
      status: 400,
      data: {
        status: {
          error: "Wrong input: Vector dimension error: expected dim: 2, got 3 for vector 'dense'",
        },
      },
    });
    await expect(put({ sense: [1, 2] })).rejects.toMatchObject({ status: 400 });
    await expect(put(vector, 'nowhere')).rejects.toMatchObject({
      status: 404,
      data: { status: { error: "Not found: Collection `nowhere` doesn't exist!" } },
    });
  });
});
