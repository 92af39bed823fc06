import type { CallEstimate, Partition } from '../../../connectors/sdk/contract.js';
import { ConfigError, RateLimitedError } from '../../../connectors/sdk/errors.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { PARTITION, scripted } from '../../support/scripted-source.js';
import { openEvents } from './event-stream.js';
import { ScriptedApp } from './scripted-app.js';

describeOnOneDatabase('the plan of a backfill', (open) => {
  let bench: ScriptedApp;

  beforeAll(async () => {
    bench = await ScriptedApp.start(await open());
  });
  afterAll(() => bench.app.close());
  beforeEach(() => bench.attach());
  afterEach(() => bench.detach());

  const plan = () => bench.request('POST', `/v1/memory/connections/${bench.connection}/plan`);

  it('says that nobody can tell, where the connector cannot', async () => {
    const { status, body } = await plan();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ calls: null, finish_at: null, methods: [], documents_expected: null },
      done: { documents: 0, partitions: 0, api_calls: 0 },
      partitions: [{ key: PARTITION, documents: 0, expected: null, complete: false }],
    });
    expect(body.reason).toContain('cannot tell');
  });

  it('adds the calls up, before anything is synced, of what is left to read', async () => {
    const asked: string[][] = [];
    const estimates: CallEstimate[] = [
      { method: 'history', calls: 120, callsPerMinute: 1, basis: '1,800 messages, 15 a call' },
      { method: 'replies', calls: 10, callsPerMinute: 50, basis: '10 threads' },
    ];
    bench.changes = {
      plan: (_, partitions: readonly Partition[]) => {
        asked.push(partitions.map(({ key }) => key));
        return Promise.resolve(estimates);
      },
    };
    const { body } = await plan();
    expect(asked).toEqual([[PARTITION]]);
    expect(body).toMatchObject({ calls: 130, seconds: 7200, reason: null });
    expect(Date.parse(body.finish_at) - Date.parse(body.made_at)).toBe(7_200_000);
    expect(body.methods[1]).toMatchObject({ method: 'replies', calls: 10, seconds: 12 });

    bench.source.sweep = [{ documents: [scripted('a', 'One.'), scripted('b', 'Two.')] }];
    await bench.sync();
    const after = (await plan()).body;
    expect(asked).toHaveLength(1);
    expect(after).toMatchObject({
      ...{ calls: 0, seconds: 0, documents_expected: 2, reason: 'Everything has been read once.' },
      done: { documents: 2, partitions: 1 },
      partitions: [{ documents: 2, complete: true }],
    });
  });

  it('is refused with the reason when the source refuses', async () => {
    const gone = new ConfigError('folder_missing', 'The folder is gone.');
    bench.changes = { account: () => Promise.reject(gone) };
    expect(await plan()).toMatchObject({
      ...{ status: 422, body: { code: 'invalid_config', detail: 'The folder is gone.' } },
    });
  });

  it('lets the progress of a run be reckoned by calls, where documents are not known', async () => {
    const estimates = [{ method: 'list', calls: 10, callsPerMinute: 1, basis: 'guessed' }];
    bench.changes = {
      plan: () => Promise.resolve(estimates),
      async *partitions(ctx) {
        ctx.countCall('list');
        yield await Promise.resolve({ key: PARTITION, title: 'A channel' });
      },
    };
    await plan();
    bench.source.sweep = [
      { documents: [scripted('a', 'One.')] },
      {
        before: () => {
          throw new RateLimitedError('enough', new Date(Date.now() + 3_600_000), 'list');
        },
      },
    ];
    const { id } = await bench.sync();
    const { url, apiKey } = bench.app;
    const stream = await openEvents(`${url}/v1/memory/runs/${id}/events`, apiKey);
    await stream.next();
    expect((await stream.next())?.data).toMatchObject({
      ...{ basis: 'calls', percent: 10, eta_seconds: 540, rate: null },
    });
    stream.abort();
  });
});
