import { textOf } from '../../../../connectors/sdk/conformance/harness.contract.js';
import { RateLimitedError } from '../../../../connectors/sdk/errors.js';
import { slackBench, type SlackBench } from './slack-bench.js';

const MINUTE_MS = 60_000;
const REPLIES = 30;

describe('a Slack thread that was read in part when Slack asked to wait', () => {
  let it_: SlackBench;
  let refusing: boolean;
  let channel: string;
  let ts: string;
  let replies: string[];

  beforeEach(async () => {
    refusing = true;
    it_ = await slackBench({ channels: 1, messages: 0, fileShare: 0 }, { fetch: slowly });
    const { workspace } = it_.simulator;
    channel = workspace.createChannel('harbour').id;
    ts = workspace.post(channel, 'harbour parent');
    replies = Array.from({ length: REPLIES }, (_, i) => {
      it_.simulator.advance(1_000);
      return workspace.reply(channel, ts, `harbour reply ${i}`);
    });
    it_.simulator.log.clear();
    await expect(read('first')).rejects.toBeInstanceOf(RateLimitedError);
    refusing = false;
  });
  afterEach(() => it_.bench.dispose());

  /** Pages of 15 replies; the second one has to wait at first. */
  const slowly: typeof globalThis.fetch = (url, init) => {
    const body = new URLSearchParams(typeof init?.body === 'string' ? init.body : '');
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    if (!pathname.endsWith('conversations.replies')) return fetch(url, init);
    if (refusing && body.has('cursor')) {
      const headers = { 'retry-after': '60' };
      return Promise.resolve(new Response('{"ok":false}', { status: 429, headers }));
    }
    body.set('limit', '15');
    return fetch(url, { ...init, body: body.toString() });
  };

  const read = async (run: string | null, minutes = 1): Promise<string> => {
    const ctx = it_.bench.context({ run, skewMs: minutes * MINUTE_MS });
    const ref = { externalId: `${channel}:${ts}`, partition: channel, version: null };
    const found = await it_.bench.connector.fetch(ctx, ref);
    if ('gone' in found) throw new Error('gone');
    return textOf(typeof found.body === 'function' ? await found.body() : found.body);
  };
  const calls = () => it_.simulator.log.count('conversations.replies');

  it('is read on by the run that read it', async () => {
    expect(await read('first')).toContain(`harbour reply ${REPLIES - 1}`);
    // One page, and two more.
    expect(calls()).toBe(3);
  });

  it.each([
    ['by another run', 'second', 1],
    ['by a mere question', null, 1],
    ['by the same run after a long pause', 'first', 24 * 60],
  ])('is read anew %s, so that an edit meanwhile is seen', async (_, run, minutes) => {
    it_.simulator.workspace.edit(channel, replies[0]!, 'harbour reply was CORRECTED');
    expect(await read(run, minutes)).toContain('CORRECTED');
  });

  it('is not read on by a question that had to wait before', async () => {
    refusing = true;
    await expect(read(null)).rejects.toBeInstanceOf(RateLimitedError);
    refusing = false;
    it_.simulator.workspace.edit(channel, replies[0]!, 'harbour reply was CORRECTED');
    expect(await read(null)).toContain('CORRECTED');
  });
});
