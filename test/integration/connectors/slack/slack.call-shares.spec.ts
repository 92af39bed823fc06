import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import type { Bench } from '../../../../connectors/sdk/conformance/harness.contract.js';
import { RateLimitedError } from '../../../../connectors/sdk/errors.js';
import { slackConnector } from '../../../../connectors/slack/slack.connector.js';
import { slackBench, type SlackBench } from './slack-bench.js';

const CHANNELS = 6;
const MESSAGES = 110;
const PAGE_MESSAGES = 10;
/** A tenth of 50 calls a minute: 30. */
const INTERVAL_SECONDS = 360;
/** Two channels of twelve pages are listed whole; the others by their newest page and four more. */
const CALLS = 2 * 12 + 4 * 5;

describe('the tenth of the calls that listing known channels of Slack may take', () => {
  let it_: SlackBench;
  let bench: Bench;
  let engine: ReferenceEngine;
  /** Pages listed before Slack asks to wait. */
  let calls: number;

  const limited: typeof globalThis.fetch = (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    if (!pathname.endsWith('conversations.history') || calls-- > 0) return fetch(url, init);
    const headers = { 'retry-after': '60' };
    return Promise.resolve(new Response('{"ok":false}', { status: 429, headers }));
  };

  beforeEach(async () => {
    calls = Infinity;
    const options = { pageMessages: PAGE_MESSAGES, fetch: limited };
    it_ = await slackBench({ channels: 1, messages: 0, fileShare: 0 }, options);
    const { workspace } = it_.simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
    for (let n = 0; n < CHANNELS; n++) {
      const { id } = workspace.createChannel(`harbour-${n}`);
      for (let i = 0; i < MESSAGES; i++) {
        it_.simulator.advance(2_700_000);
        workspace.post(id, `harbour ${n} ${i}`);
      }
    }
    bench = {
      ...it_.bench,
      context: (of) => ({ ...it_.bench.context(of), interval: INTERVAL_SECONDS }),
    };
    engine = new ReferenceEngine({
      ...bench,
      get connector() {
        return bench.connector;
      },
    });
    await engine.sync();
    it_.simulator.log.clear();
  });
  afterEach(() => it_.bench.dispose());

  const listed = () => it_.simulator.log.count('conversations.history');
  /** @returns whether the run has ended */
  const goOn = async (most: number): Promise<boolean> => {
    calls = most;
    try {
      await engine.sync();
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(RateLimitedError);
      return false;
    }
  };

  it('is the same in one go and with many pauses', async () => {
    expect(await goOn(Infinity)).toBe(true);
    expect(listed()).toBeLessThanOrEqual(CALLS);
    it_.simulator.log.clear();
    for (let pauses = 0; !(await goOn(3)); pauses++) expect(pauses).toBeLessThan(CALLS);
    expect(listed()).toBeLessThanOrEqual(CALLS);
    expect(listed()).toBeGreaterThan(2 * 11);
  });

  it('is known to another process that goes on with a channel', async () => {
    expect(await goOn(16)).toBe(false);
    const { apiUrl } = it_.simulator;
    const another = slackConnector({ apiUrl, fetch: limited, pageMessages: PAGE_MESSAGES });
    bench = { ...bench, connector: another };
    expect(await goOn(Infinity)).toBe(true);
    expect(listed()).toBeLessThanOrEqual(CALLS);
  });
});
