import { type QdrantClient } from '@qdrant/js-client-rest';
import { startQdrantDouble, type QdrantDouble } from './qdrant-double.js';
import { clientOf, createMemories, fill } from './served.contract.js';

describe('faults', () => {
  const waited: number[] = [];
  let double: QdrantDouble;
  let client: QdrantClient;
  let name: string;
  const put = (id = 9) =>
    client.upsert(name, { wait: true, points: [{ id, vector: { dense: [1, 0] } }] });

  beforeEach(async () => {
    const delay = (ms: number) => Promise.resolve(void waited.push(ms));
    double = await startQdrantDouble({ applyAfterMs: null, delay });
    client = clientOf(double.url);
    name = await createMemories(client);
    await fill(client, name);
  });
  afterEach(() => double.close());

  it.each([
    ['500', 500],
    ['503', 503],
    ['429', 429],
    ['timeout', 408],
    ['disk_full', 500],
  ] as const)(
    '%s refuses as many writes as asked, in the shape of Qdrant',
    async (kind, status) => {
      double.faults.add({
        do: kind,
        on: { operation: 'upsert_points' },
        times: 2,
        retryAfterSeconds: null,
      });
      for (let i = 0; i < 2; i++) await expect(put()).rejects.toMatchObject({ status });
      expect(double.pointCount(name)).toBe(5);
      await put();
      expect(double.pointCount(name)).toBe(6);
    },
  );

  it('a full disk leaves reading alone, a path keeps others out', async () => {
    double.faults.add({ do: 'disk_full', times: null });
    double.faults.add({ do: '500', on: { path: '/elsewhere/' }, times: null });
    await expect(put()).rejects.toMatchObject({ status: 500 });
    expect((await client.count(name)).count).toBe(5);
  });

  it.each(['lost_answer', 'truncate'] as const)(
    '%s: the write is applied and looks lost',
    async (kind) => {
      double.faults.add({ do: kind });
      await expect(put()).rejects.toThrow();
      expect(double.pointCount(name)).toBe(6);
    },
  );

  it('drop: nothing is applied; slow: by the delay handed in', async () => {
    double.faults.add({ do: 'drop' });
    await expect(put()).rejects.toThrow();
    expect(double.pointCount(name)).toBe(5);
    double.faults.add({ do: 'slow', delayMs: 4321 });
    await put();
    expect(waited).toContain(4321);
  });

  it('hang: only the client ends it, when it gives up', async () => {
    double.faults.add({ do: 'hang' });
    double.record.clear();
    const caller = new AbortController();
    const answer = fetch(`${double.url}/collections/${name}`, { signal: caller.signal });
    while (double.record.count() === 0) await new Promise(setImmediate);
    caller.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(double.record.requests).toMatchObject([{ fault: 'hang', status: null }]);
  });

  it('down refuses connections until up; a restart keeps what was acknowledged, a wipe nothing', async () => {
    const { url } = double;
    await client.upsert(name, { wait: false, points: [{ id: 9, vector: { dense: [1, 0] } }] });
    await double.down();
    await expect(client.count(name)).rejects.toThrow();
    await double.up();
    expect(double.url).toBe(url);
    await double.restart();
    expect((await client.count(name)).count).toBe(6);
    double.wipe();
    await expect(client.count(name)).rejects.toMatchObject({ status: 404 });
  });

  it('every request is in the record, with its operation and size', async () => {
    double.record.clear();
    await put();
    const [entry] = double.record.requests;
    expect(entry).toMatchObject({ operation: 'upsert_points', method: 'PUT', status: 200 });
    expect([double.record.count('upsert_points'), double.record.count()]).toEqual([1, 1]);
    expect(double.record.largestBodyBytes).toBe(entry!.bodyBytes);
  });
});
