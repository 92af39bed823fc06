import type { ConnectorContext } from '../../../../connectors/sdk/context.js';
import type { Checkpoint, Page, Partition } from '../../../../connectors/sdk/contract.js';
import { RateLimitedError } from '../../../../connectors/sdk/errors.js';
import { slackConnector } from '../../../../connectors/slack/slack.connector.js';
import type { SlackConfig } from '../../../../connectors/slack/slack.config.js';
import { slackBench, type SlackBench } from './slack-bench.js';

const DAY_MS = 86_400_000;
const INTERVAL_SECONDS = 1_800;
/** A tenth of the calls of the slow tier in an interval. */
const REREADS = 3;

describe('the audit of Slack', () => {
  let it_: SlackBench;
  let checkpoints: Map<string, Checkpoint>;
  /** Lanes that have ended, by run. */
  let ended: Set<string>;
  /** Threads read before Slack asks to wait. */
  let calls: number;
  let gaps: Set<string>;
  let isListingRefused: boolean;
  /** Of the audit. */
  let pages: number;

  const limited: typeof globalThis.fetch = (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    const isRefused = pathname.endsWith('conversations.history')
      ? isListingRefused
      : pathname.endsWith('conversations.replies') && calls-- <= 0;
    if (!isRefused) return fetch(url, init);
    const headers = { 'retry-after': '60' };
    return Promise.resolve(new Response('{"ok":false}', { status: 429, headers }));
  };

  beforeEach(async () => {
    calls = Infinity;
    isListingRefused = false;
    pages = 0;
    gaps = new Set();
    checkpoints = new Map();
    ended = new Set();
    it_ = await slackBench({ channels: 1, messages: 0, fileShare: 0 }, { fetch: limited });
    const { workspace } = it_.simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
  });
  afterEach(() => it_.bench.dispose());

  const channelWith = (name: string, threads: number): string => {
    const { workspace } = it_.simulator;
    const { id } = workspace.createChannel(name);
    for (let i = 0; i < threads; i++) {
      it_.simulator.advance(60_000);
      workspace.reply(id, workspace.post(id, `harbour ${i}`), `reply ${i}`);
    }
    return id;
  };

  /** As an engine that stores every page. @returns threads read again, by channel */
  const attempt = async (
    run: string,
    ms: number,
    connector = it_.bench.connector,
  ): Promise<Map<string, number>> => {
    const base = it_.bench.context({ run, skewMs: ms });
    const ctx: ConnectorContext = {
      ...base,
      interval: INTERVAL_SECONDS,
      config: { ...(base.config as SlackConfig), audit_days: 1 },
      calls: { ...base.calls, budget: () => Promise.resolve({ callsPerMinute: 1 }) },
    };
    const read = new Map<string, number>();
    const partitions: Partition[] = [];
    for await (const partition of connector.partitions(ctx)) partitions.push(partition);
    const take = (lane: string, { key }: Partition, page: Page) => {
      checkpoints.set(`${lane} ${key}`, structuredClone(page.checkpoint));
      if (lane !== 'audit') return;
      pages += 1;
      read.set(key, (read.get(key) ?? 0) + page.documents.length);
      if (page.gapReason !== undefined) gaps.add(`${key}: ${page.gapReason}`);
    };
    try {
      for (const lane of ['history', 'audit'])
        for (const partition of partitions) {
          const place = `${run} ${lane} ${partition.key}`;
          if (ended.has(place)) continue;
          const from = checkpoints.get(`${lane} ${partition.key}`) ?? null;
          for await (const page of connector.pull(ctx, partition, lane, from))
            take(lane, partition, page);
          ended.add(place);
        }
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
    }
    return read;
  };
  const sum = (read: Map<string, number>) => [...read.values()].reduce((a, b) => a + b, 0);

  it('goes on after a pause with what its run had left, also in another process', async () => {
    channelWith('a', 8);
    channelWith('b', 8);
    await attempt('first', 0);
    let total = 0;
    for (let pauses = 0; pauses < 10; pauses++) {
      calls = 1;
      const { apiUrl } = it_.simulator;
      const another = slackConnector({ apiUrl, fetch: limited }) as typeof it_.bench.connector;
      total += sum(await attempt('second', 2 * DAY_MS, another));
    }
    expect(total).toBe(REREADS);
    calls = Infinity;
    expect(sum(await attempt('third', 2 * DAY_MS))).toBe(REREADS);
  });

  it('says once what its run has left, however often its walk gets nowhere', async () => {
    const key = channelWith('a', 2);
    await attempt('first', 0);
    ended.add(`second history ${key}`);
    isListingRefused = true;
    pages = 0;
    for (let n = 0; n < 3; n++) await attempt('second', 2 * DAY_MS);
    expect(pages).toBe(1);
  });

  it('takes turns where not all channels can be kept up with, and says that it is late', async () => {
    const keys = [channelWith('a', 60), channelWith('b', 60)];
    const reads = new Map(keys.map((key) => [key, 0]));
    for (let i = 0; i <= 60; i++)
      for (const [key, count] of await attempt(`run ${i}`, (i * DAY_MS) / 12))
        reads.set(key, reads.get(key)! + count);
    const total = sum(reads);
    expect(total).toBeGreaterThan(50 * REREADS);
    for (const count of reads.values()) expect(count).toBeGreaterThan(0.3 * total);
    expect([...gaps].sort()).toEqual(keys.map((key) => `${key}: audit overdue`).sort());
  });

  it('takes what a first run has read for as old as the run', async () => {
    const key = channelWith('a', 2);
    isListingRefused = true;
    await attempt('first', 0);
    isListingRefused = false;
    await attempt('first', DAY_MS / 2);
    const until = checkpoints.get(`audit ${key}`)!['until'] as number;
    expect(Math.abs(until - Date.now())).toBeLessThan(DAY_MS / 4);
  });

  it('is not late where it keeps up', async () => {
    channelWith('a', 20);
    for (let i = 0; i <= 60; i++) await attempt(`run ${i}`, i * INTERVAL_SECONDS * 1000);
    expect(gaps).toEqual(new Set());
  });
});
