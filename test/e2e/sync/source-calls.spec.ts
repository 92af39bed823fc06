import { z } from 'zod';
import { registryOf } from '../../../connectors/registry.js';
import type { CallFault } from '../../../connectors/sdk/calls.js';
import type { ConnectorContext } from '../../../connectors/sdk/context.js';
import { defineConnector } from '../../../connectors/sdk/contract.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';

const TOKEN = 'a-token-that-nobody-may-see';
const METHOD = 'messages.list';

/** A source of one empty partition, which refuses its listing as the test says. */
class RefusingSource {
  faults: CallFault[] = [];
  calls = 0;
  context: ConnectorContext | undefined;

  private async ask(ctx: ConnectorContext, method: string): Promise<void> {
    const { token } = (await ctx.credentials.get()) as { token: string };
    await ctx.calls.call({
      method,
      target: `C1 with ${token}`,
      run: () => {
        this.calls += 1;
        const fault = method === METHOD ? this.faults.shift() : undefined;
        return fault ? Promise.reject(new Error(JSON.stringify(fault))) : Promise.resolve();
      },
      classify: (error) => JSON.parse((error as Error).message) as CallFault,
    });
  }

  readonly connector = defineConnector({
    ...{ provider: 'refusing', title: 'Refusing', description: 'Refuses on command.' },
    configSchema: z.strictObject({ account: z.string() }),
    credentialsSchema: z.strictObject({ token: z.string() }),
    lanes: [{ name: 'sweep', kind: 'sweep', checkpointVersion: 1 }],
    limits: { maxBodyBytes: 1000, concurrentReads: 1 },
    followsRenamesByContent: false,
    titlesFromContent: false,
    account: async (ctx) => {
      await this.ask(ctx, 'auth.test');
      return { id: ctx.config.account, title: 'An account' };
    },
    probe: async (ctx) => {
      if (this.faults.length > 0) await this.ask(ctx, METHOD).catch(() => 'shown as a check');
      return [];
    },
    partitions: async function* () {
      yield await Promise.resolve({ key: 'C1', title: 'A channel' });
    },
    pull: (ctx) => this.list(ctx),
    verify: () => Promise.resolve([]),
    fetch: () => Promise.resolve({ gone: true, state: 'gone' }),
  });

  private async *list(ctx: ConnectorContext) {
    this.context = ctx;
    await this.ask(ctx, METHOD);
    const nothing = { documents: [], tombstones: [], failures: [], skipped: {}, checkpoint: {} };
    yield { ...nothing, complete: true };
  }
}

describe('calls to a source in a run', () => {
  let app: TestApp;
  const source = new RefusingSource();
  let accounts = 0;

  beforeAll(async () => {
    app = await startApp({ connectors: registryOf([source.connector]) });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    source.faults = [];
    source.calls = 0;
    accounts += 1;
  });

  async function connect(collection: string, schedule: unknown = null): Promise<string> {
    const { body } = await app.request('POST', '/v1/memory/connections', {
      body: {
        ...{ provider: 'refusing', name: collection, collection, schedule },
        ...{ config: { account: `A${accounts}` }, credentials: { token: `${TOKEN}-${accounts}` } },
      },
    });
    source.calls = 0;
    return body.id;
  }

  async function sync(connection: string, until: string[] = ['success']) {
    const asked = await app.request('POST', `/v1/memory/connections/${connection}/sync?wait=false`);
    return eventually(`a run that is ${until.join(' or ')}`, async () => {
      const { body } = await app.request('GET', `/v1/memory/runs/${asked.body.run_id}`);
      return until.includes(body.status) ? body : undefined;
    });
  }

  const requests = async (run: string) => {
    const { body } = await app.request('GET', `/v1/memory/runs/${run}/requests`);
    return body;
  };

  it('are counted and logged, without secrets', async () => {
    const connection = await connect('one');
    source.faults = [
      { kind: 'rate_limited', retryAfterSeconds: 1 },
      {
        kind: 'transient',
        code: 'upstream_error',
        message: `no to ${TOKEN}-${accounts}`,
        status: 503,
      },
    ];
    const run = await sync(connection);
    expect(run.counts).toMatchObject({ api_calls: 3, rate_limited: 1 });
    const log = await requests(run.id);
    expect(log.map(({ number, outcome }: never) => [number, outcome])).toEqual([
      [3, 'ok'],
      [2, 'transient'],
      [1, 'rate_limited'],
    ]);
    expect(log[2]).toMatchObject({ method: METHOD, target: 'C1 with [secret]', attempt: 1 });
    expect(log[1]).toMatchObject({ status: 503, error: 'no to [secret]' });
    expect(log[1].wait_ms).toBeGreaterThanOrEqual(900);
    expect(JSON.stringify([run, log])).not.toContain(TOKEN);
  });

  it('park the run for a long Retry-After, in which nobody calls that account', async () => {
    const [first, second] = [await connect('two'), await connect('three')];
    source.faults = [{ kind: 'rate_limited', retryAfterSeconds: 600 }];
    const run = await sync(first, ['waiting']);
    expect(run.waiting.reason).toBe(`rate_limited:${METHOD}`);
    const seconds = (Date.parse(run.waiting.until) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(300);
    expect(await requests(run.id)).toMatchObject([{ retry_after_seconds: 600 }]);
    const other = await sync(second, ['waiting']);
    expect(other.waiting.reason).toBe(`rate_limited:${METHOD}`);
    expect(await requests(other.id)).toEqual([]);
    expect(source.calls).toBe(1);
    for (const connection of [first, second])
      await app.request('POST', `/v1/memory/connections/${connection}/cancel`);
  });

  it('keep out of a Retry-After that the checks before the connection existed met', async () => {
    source.faults = [{ kind: 'rate_limited', retryAfterSeconds: 600 }];
    const connection = await connect('seven');
    const run = await sync(connection, ['waiting']);
    expect(run.waiting.reason).toBe(`rate_limited:${METHOD}`);
    expect(await requests(run.id)).toEqual([]);
    await app.request('POST', `/v1/memory/connections/${connection}/cancel`);
  });

  it('tell the connector how often it is asked', async () => {
    await sync(await connect('four', { every_minutes: 15 }));
    expect(source.context!.interval).toBe(900);
    await sync(await connect('five'));
    expect(source.context!.interval).toBeNull();
  });

  it('park the run for the Retry-After of a source that is unwell', async () => {
    const connection = await connect('six');
    source.faults = [{ kind: 'transient', code: 'down', message: 'down', retryAfterSeconds: 90 }];
    const run = await sync(connection, ['waiting']);
    expect(run.waiting.reason).toBe('upstream');
    expect(await requests(run.id)).toMatchObject([{ outcome: 'transient', error: 'down' }]);
    await app.request('POST', `/v1/memory/connections/${connection}/cancel`);
  });
});
