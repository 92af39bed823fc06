import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startApp } from '../support/http-app.js';
it('perf', async () => {
  const app = await startApp();
  const p = '/v1/memory/collections/p/memories';
  await app.request('POST', p, { body: { text: 'warm' } });
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const t = performance.now();
    await app.request('POST', p, {
      body: { text: `The user number ${n} likes tea and ${n * 7} cups of coffee` },
    });
    times.push(performance.now() - t);
  }
  times.sort((a, b) => a - b);
  console.log('add p50', times[100], 'p95', times[190]);
  const bt: number[] = [];
  for (let n = 0; n < 20; n++) {
    const t = performance.now();
    await app.request('POST', `${p}/bulk`, {
      body: Array.from({ length: 100 }, (_, k) => ({
        text: `Bulk ${n} ${k} words about the weather in city ${k * n} and more words for it`,
      })),
    });
    bt.push(performance.now() - t);
  }
  bt.sort((a, b) => a - b);
  console.log('bulk p50', bt[10]);
  for (let n = 0; n < 60; n++)
    await app.request('POST', `${p}/bulk`, {
      body: Array.from({ length: 100 }, (_, k) => ({
        text:
          `More ${n} ${k} ` +
          Array.from(
            { length: 20 },
            (_, z) =>
              [
                'tea',
                'river',
                'budget',
                'cloud',
                'python',
                'garden',
                'policy',
                'meeting',
                'train',
                'music',
                'salary',
                'engine',
                'winter',
                'paper',
                'doctor',
                'novel',
              ][(n * 7 + k * 13 + z * z * (n + 3)) % 16],
          ).join(' '),
      })),
    });
  const h = monitorEventLoopDelay({ resolution: 5 });
  h.enable();
  const t2 = performance.now();
  const d = await app.request('POST', '/v1/memory/collections/p/dedup', {});
  console.log(
    'dedup 2200',
    performance.now() - t2,
    d.status,
    d.body.cluster_count,
    d.body.duplicate_count,
    'loop',
    h.max / 1e6,
    h.percentile(99) / 1e6,
  );
  const t3 = performance.now();
  const e = await app.request('GET', '/v1/memory/admin/export');
  console.log('export', performance.now() - t3, e.text.length / 1e6, e.body.memories.length);
  await app.close();
}, 300000);
