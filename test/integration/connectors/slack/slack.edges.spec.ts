import { randomBytes } from 'node:crypto';
import type { Page, SourceDocument } from '../../../../connectors/sdk/contract.js';
import { RateLimitedError } from '../../../../connectors/sdk/errors.js';
import { textOf } from '../../../../connectors/sdk/conformance/harness.contract.js';
import {
  expectIndexToHoldTheTruth,
  indexedWords,
  slackBench,
  type SlackBench,
} from './slack-bench.js';

const WORKSPACE = { seed: 11, channels: 3, messages: 300 };
const DAY_MS = 86_400_000;
/** A workspace in which only what a test writes can be read. */
const EMPTY = { channels: 1, messages: 0, fileShare: 0 };

type Change = (method: string, body: URLSearchParams) => Response | URLSearchParams | null;

/** @param change what is answered instead, or asked instead; null: nothing is changed */
function changing(change: Change): typeof globalThis.fetch {
  return (url, init) => {
    const method = new URL(url instanceof Request ? url.url : url).pathname.split('/').at(-1)!;
    const body = new URLSearchParams(typeof init?.body === 'string' ? init.body : '');
    const changed = change(method, body);
    if (changed instanceof Response) return Promise.resolve(changed);
    return fetch(url, changed ? { ...init, body: changed.toString() } : init);
  };
}

describe('Slack', () => {
  let it_: SlackBench;
  afterEach(() => it_.bench.dispose());

  const startEmpty = async (change: Change = () => null, config: object = {}) => {
    it_ = await slackBench(EMPTY, { config, fetch: changing(change) });
    const { workspace } = it_.simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
    return it_;
  };

  const thread = (channel: string, replies: number): { ts: string; replies: string[] } => {
    const { simulator } = it_;
    simulator.advance(2_700_000);
    const ts = simulator.workspace.post(channel, 'harbour parent');
    const written = Array.from({ length: replies }, (_, i) => {
      simulator.advance(1_000);
      return simulator.workspace.reply(channel, ts, `harbour reply ${i}`);
    });
    return { ts, replies: written };
  };

  const fetched = async (channel: string, ts: string): Promise<[SourceDocument, string]> => {
    const { bench } = it_;
    const ref = { externalId: `${channel}:${ts}`, partition: channel, version: null };
    const found = await bench.connector.fetch(bench.context(), ref);
    if ('gone' in found) throw new Error('the thread is there');
    const body = typeof found.body === 'function' ? await found.body() : found.body;
    return [found, textOf(body)];
  };

  const listed = async (channel: string, id: string): Promise<SourceDocument> => {
    const pages = await pagesOf(it_, channel, 'history', null);
    return pages.flatMap(({ documents }) => documents).find((it) => it.externalId === id)!;
  };

  it('unchanged, is not read again when the ids of blocks differ from answer to answer', async () => {
    const fetchWithOtherIds: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      const text = await answer.text();
      const other = text.replace(
        /"block_id":"[^"]*"/g,
        () => `"block_id":"${randomBytes(3).toString('hex')}"`,
      );
      return new Response(other, { status: answer.status, headers: answer.headers });
    };
    it_ = await slackBench({ ...WORKSPACE, fileShare: 0 }, { fetch: fetchWithOtherIds });
    await it_.engine.sync();
    it_.simulator.log.clear();
    expect((await it_.engine.sync()).read).toEqual([]);
    expect(it_.simulator.log.count('conversations.replies')).toBe(0);
  });

  it.each([
    ['by no method of that name', { do: 'unknown_method' }, 'every'],
    ['in one channel', { do: 'channel_not_found' }, 'one'],
    ['for a reason of its own', { do: 'something_new' }, 'one'],
  ])('is read although files are refused %s, and deletes none of them', async (_, fault, where) => {
    it_ = await slackBench(WORKSPACE);
    const { simulator, engine } = it_;
    const [first] = simulator.workspace.workspace.channels.keys();
    const channel = where === 'one' ? { channel: first! } : {};
    const match = { method: 'files.list', ...channel };
    const refusal = simulator.faults.add({ match, ...fault, times: null });
    const report = await engine.sync();
    expect(report.complete.length).toBe(where === 'one' ? 2 : 0);
    expect(report.gaps[first!]).toContain('refuses to list files');
    const messages = simulator.truth().messages.filter(({ isNotice }) => !isNotice);
    const all = indexedWords(it_);
    for (const { fragments } of messages)
      for (const fragment of fragments) expect(all).toContain(fragment.replace(/\s+/g, ' ').trim());
    const shown = messages.filter(({ ts, threadTs }) => threadTs === null || ts === threadTs);
    for (const file of shown.flatMap(({ files }) => files))
      if (file.text !== null) expect(all).toContain(file.text.replace(/\s+/g, ' ').trim());
    expect(simulator.log.count('files.list')).toBeLessThan(10);

    simulator.faults.remove(refusal);
    await engine.sync();
    expectIndexToHoldTheTruth(it_);
    const size = engine.index.size;
    simulator.faults.add({ match, ...fault, times: null });
    const again = await engine.sync();
    expect(again.deleted).toEqual([]);
    expect(engine.index.size).toBe(size);
  });

  it('keeps its meaning of a rate limit on files', async () => {
    it_ = await slackBench(WORKSPACE);
    it_.simulator.faults.add({ match: { method: 'files.list' }, do: '429', times: null });
    await expect(it_.engine.sync()).rejects.toBeInstanceOf(RateLimitedError);
  });

  describe('reads a thread of several pages', () => {
    /** What happens before the second page; each time the thread is read. */
    let between: () => void = () => undefined;
    const small: Change = (method, body) => {
      if (method !== 'conversations.replies') return null;
      if (body.has('cursor')) between();
      body.set('limit', '4');
      return body;
    };

    it('without a reply that is deleted meanwhile', async () => {
      const { simulator } = await startEmpty(small);
      const { id } = simulator.workspace.createChannel('a');
      const { ts, replies } = thread(id, 8);
      between = () => {
        between = () => undefined;
        simulator.workspace.delete(id, replies[0]!);
      };
      const [found, text] = await fetched(id, ts);
      expect(text).not.toContain('harbour reply 0');
      expect(text).toContain('harbour reply 7');
      expect(found.version).toBe((await listed(id, `${id}:${ts}`)).version);
    });

    it('under a version that no listing gives when it never stands still', async () => {
      const { simulator } = await startEmpty(small);
      const { id } = simulator.workspace.createChannel('a');
      const { ts, replies } = thread(id, 30);
      let next = 0;
      between = () => {
        if (next < 20) simulator.workspace.delete(id, replies[next++]!);
      };
      const [found] = await fetched(id, ts);
      between = () => undefined;
      expect(found.version).not.toBe((await listed(id, `${id}:${ts}`)).version);
      const [settled] = await fetched(id, ts);
      expect(settled.version).toBe((await listed(id, `${id}:${ts}`)).version);
    });
  });

  it('keeps the threads that the audit has read when Slack asks to wait', async () => {
    let left = Infinity;
    const { simulator, bench } = await startEmpty((method) =>
      method === 'conversations.replies' && left-- <= 0
        ? new Response('{"ok":false}', { status: 429, headers: { 'retry-after': '60' } })
        : null,
    );
    const { id } = simulator.workspace.createChannel('a');
    const threads = Array.from({ length: 5 }, () => thread(id, 1).ts);
    const start = await pagesOf(it_, id, 'audit', null);
    const checkpoint = start[0]!.checkpoint;
    const ctx = { ...bench.context({ skewMs: 8 * DAY_MS }), full: false };
    left = 3;
    const pages: Page[] = [];
    const partition = { key: id, title: '#a' };
    const pull = async (from: Page['checkpoint']) => {
      for await (const page of bench.connector.pull(ctx, partition, 'audit', from))
        pages.push(page);
    };
    await expect(pull(checkpoint)).rejects.toBeInstanceOf(RateLimitedError);
    const read = () => pages.flatMap(({ documents }) => documents.map((it) => it.externalId));
    expect(read()).toHaveLength(3);
    left = Infinity;
    await pull(pages.at(-1)!.checkpoint);
    expect(read().sort()).toEqual(threads.map((ts) => `${id}:${ts}`).sort());
  });

  it('hides what was said in a public channel that the bot has left', async () => {
    it_ = await slackBench(WORKSPACE, { config: { channels: 'all' } });
    const { engine, simulator, bench } = it_;
    await engine.sync();
    const [left] = simulator.workspace.workspace.channels.values();
    const known = [...engine.index].filter(([, { partition }]) => partition === left!.id);
    expect(known.length).toBeGreaterThan(0);
    simulator.workspace.removeBot(left!.id);
    const report = await engine.sync();
    expect(report.deleted).toEqual([]);
    expect(report.kept).toEqual(Object.fromEntries(known.map(([id]) => [id, 'lost_access'])));
    const partitions = [];
    for await (const partition of bench.connector.partitions(bench.context()))
      partitions.push(partition);
    expect(partitions).toContainEqual(
      expect.objectContaining({ key: left!.id, skipReason: 'not_joined', outOfReach: true }),
    );
  });

  it.each(['newest', 'history', 'audit'])(
    'does not call a channel read that is out of reach when lane %s begins',
    async (lane) => {
      it_ = await slackBench(WORKSPACE);
      const { workspace } = it_.simulator;
      const [channel] = [...workspace.workspace.channels.keys()];
      workspace.deleteChannel(channel!);
      const pages = await pagesOf(it_, channel!, lane, null);
      expect(pages).toHaveLength(1);
      expect(pages[0]).toMatchObject({ complete: false, gapReason: expect.any(String) });
    },
  );
});

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
