import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import type { CallBudget } from '../../../../connectors/sdk/calls.js';
import type { ConnectorContext } from '../../../../connectors/sdk/context.js';
import type { Page } from '../../../../connectors/sdk/contract.js';
import { AuthError, RateLimitedError } from '../../../../connectors/sdk/errors.js';
import { expectIndexToHoldTheTruth, slackBench, type SlackBench } from './slack-bench.js';

/** The bench with other contexts. */
function withContext(
  it_: SlackBench,
  change: (ctx: ConnectorContext) => Partial<ConnectorContext>,
) {
  const bench = {
    ...it_.bench,
    context: (options?: Parameters<typeof it_.bench.context>[0]) => {
      const ctx = it_.bench.context(options);
      return { ...ctx, ...change(ctx) };
    },
  };
  return { ...it_, bench, engine: new ReferenceEngine(bench) };
}

async function pagesOf(
  { bench }: SlackBench,
  key: string,
  lane: string,
  checkpoint: Page['checkpoint'] | null,
): Promise<Page[]> {
  const pages: Page[] = [];
  const partition = { key, title: key };
  for await (const page of bench.connector.pull(bench.context(), partition, lane, checkpoint))
    pages.push(page);
  return pages;
}

describe('lanes of Slack', () => {
  let it_: SlackBench;
  afterEach(() => it_.bench.dispose());

  it('yield the newest messages first, once, and never again', async () => {
    it_ = await slackBench({ channels: 1, messages: 300 }, { pageMessages: 50 });
    const [channel] = it_.simulator.workspace.workspace.channels.keys();
    const [page, ...more] = await pagesOf(it_, channel!, 'newest', null);
    expect(more).toEqual([]);
    expect(page!.documents.length).toBeGreaterThan(0);
    expect(page!.range).toBeUndefined();
    it_.simulator.log.clear();
    expect(await pagesOf(it_, channel!, 'newest', page!.checkpoint)).toEqual([]);
    expect(it_.simulator.log.count('conversations.history')).toBe(0);
  });

  it('prove ranges that meet without a hole, down to the beginning', async () => {
    it_ = await slackBench({ channels: 1, messages: 300 }, { pageMessages: 20 });
    const [channel] = it_.simulator.workspace.workspace.channels.keys();
    const pages = await pagesOf(it_, channel!, 'history', null);
    const ranges = pages.flatMap(({ range }) => range ?? []);
    expect(ranges[0]!.to).toBeNull();
    expect(ranges.at(-1)!.from).toBeNull();
    for (const [i, { from }] of ranges.slice(0, -1).entries())
      expect(ranges[i + 1]!.to).toEqual(from);
    const created = pages.flatMap((page, i) =>
      page.documents.map(({ externalId, times }) => ({
        externalId,
        page: i,
        at: times.createdAt!,
      })),
    );
    expect(new Set(created.map(({ externalId }) => externalId)).size).toBe(created.length);
    for (const { page, at } of created) {
      // A document is listed no later than the page that proves its time.
      const proving = pages.findIndex(
        ({ range }) => range && (!range.from || range.from <= at) && (!range.to || at < range.to),
      );
      expect(page).toBeLessThanOrEqual(proving);
    }
  });

  it('go through the history in slices where listing it whole takes too many calls', async () => {
    const start = await slackBench({ channels: 3, messages: 900 }, { pageMessages: 20 });
    it_ = withContext(start, () => ({ interval: 60 }));
    const { engine, simulator } = it_;
    await engine.sync();
    const all = simulator.truth().messages.filter(({ ts, threadTs }) => ts === threadTs);
    const oldest = [...all].sort((a, b) => Number(a.ts) - Number(b.ts))[0]!;
    simulator.advance(3_600_000);
    simulator.workspace.edit(oldest.channel, oldest.ts, 'The oldest thread was written anew.');
    simulator.workspace.post(oldest.channel, 'The newest message of all.');
    const isFound = (text: string) =>
      [...engine.index.values()].some((document) => document.text.includes(text));
    simulator.log.clear();
    const { gaps, complete } = await engine.sync();
    expect(gaps).toMatchObject({ [oldest.channel]: 'rotating' });
    expect(complete).not.toContain(oldest.channel);
    expect(isFound('The newest message of all.')).toBe(true);
    expect(simulator.log.count('conversations.history')).toBeLessThanOrEqual(6);
    let runs = 1;
    for (; runs < 40 && !isFound('written anew'); runs++) await engine.sync();
    expect(runs).toBeLessThan(40);
    expectIndexToHoldTheTruth(it_);
  });

  it('make progress in the slow tier although every call may be the last for a minute', async () => {
    const told = new Map<string, CallBudget | null>();
    const start = await slackBench({ channels: 2, messages: 120, slowTier: true });
    it_ = withContext(start, ({ calls }) => ({
      calls: {
        ...calls,
        budget: (method) => Promise.resolve(told.get(method) ?? null),
        limit: (method, budget) => Promise.resolve(void told.set(method, budget)),
      },
    }));
    const { engine, simulator } = it_;
    let attempts = 0;
    for (let done = false; !done && attempts < 400; attempts++) {
      try {
        await engine.sync();
        done = true;
      } catch (error) {
        expect(error).toBeInstanceOf(RateLimitedError);
        simulator.advance(61_000);
      }
    }
    expect(attempts).toBeLessThan(400);
    expectIndexToHoldTheTruth(it_);
    expect(told.get('conversations.history')).toEqual({ callsPerMinute: 1 });
    expect(simulator.violations.filter(({ kind }) => kind !== 'inside_retry_after')).toEqual([]);
  });

  it('that prove an app to be in the slow tier are named by the probe and the plan', async () => {
    it_ = await slackBench({ channels: 2, messages: 200, slowTier: true });
    const results = await it_.bench.connector.probe(it_.bench.context());
    const slow = results.find(({ name }) => name === 'slow_tier');
    expect(slow).toMatchObject({ outcome: 'indeterminate' });
    expect(slow!.message).toContain('one call a minute');
    it_.simulator.advance(61_000);
    const [channel] = it_.simulator.workspace.workspace.channels.keys();
    const partitions = [{ key: channel!, title: 'a channel', read: [] }];
    const estimates = await it_.bench.connector.plan!(it_.bench.context(), partitions);
    expect(estimates.map(({ callsPerMinute }) => callsPerMinute)).toEqual([1, 1]);
    expect(estimates[0]!.calls).toBeGreaterThan(1);
  });

  it('are planned from the newest pages', async () => {
    it_ = await slackBench({ channels: 3, messages: 600 });
    const ctx = it_.bench.context();
    const partitions = [];
    for await (const partition of it_.bench.connector.partitions(ctx))
      partitions.push({ ...partition, read: [] });
    const [history, replies] = await it_.bench.connector.plan!(ctx, partitions);
    const threads = it_.simulator.truth().messages.filter(({ ts, threadTs }) => ts === threadTs);
    expect(history).toMatchObject({ method: 'conversations.history', calls: 3 });
    expect(replies).toMatchObject({ method: 'conversations.replies', calls: threads.length });
  });
});

describe('a probe of Slack', () => {
  let it_: SlackBench;
  afterEach(() => it_.bench.dispose());

  const outcomes = async (config: object, scopes: string[]) => {
    it_ = await slackBench({ channels: 2, messages: 60, scopes }, { config });
    const results = await it_.bench.connector.probe(it_.bench.context());
    return Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]));
  };

  it('passes with all scopes', async () => {
    const all = ['channels:read', 'channels:history', 'groups:read', 'groups:history'];
    const found = await outcomes({}, [...all, 'users:read', 'usergroups:read', 'files:read']);
    expect(Object.values(found).filter((outcome) => outcome === 'failed')).toEqual([]);
    expect(found).toMatchObject({ token: 'passed', channels: 'passed', history: 'passed' });
  });

  it('names the scopes that are missing, and only those that the configuration needs', async () => {
    const scopes = ['channels:read', 'channels:history', 'users:read'];
    const found = await outcomes({ private: false }, scopes);
    expect(found).toMatchObject({
      scope_usergroups_read: 'indeterminate',
      scope_files_read: 'failed',
      files: 'failed',
      channels: 'passed',
    });
    expect(found).not.toHaveProperty('scope_groups_read');
  });

  it('stops at a token that does not work', async () => {
    it_ = await slackBench({ channels: 1, messages: 0 });
    it_.simulator.tokens.get(it_.simulator.token).state = 'revoked';
    const results = await it_.bench.connector.probe(it_.bench.context());
    expect(results[0]).toMatchObject({ name: 'token', outcome: 'failed' });
    expect(results.slice(1).every(({ outcome }) => outcome === 'skipped')).toBe(true);
    await expect(it_.bench.connector.account(it_.bench.context())).rejects.toBeInstanceOf(
      AuthError,
    );
  });
});
