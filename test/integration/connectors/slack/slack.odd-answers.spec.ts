import { TransientSourceError } from '../../../../connectors/sdk/errors.js';
import { indexedWords, slackBench, type SlackBench } from './slack-bench.js';

const EMPTY = { channels: 1, messages: 0, fileShare: 0 };

type Json = Record<string, unknown>;
type Asked = (method: string, body: URLSearchParams) => void;
/** @returns what is answered instead */
type Told = (method: string, answer: Json, asked: URLSearchParams) => unknown;

/** Between the connector and the simulator. */
function changing(told: Told, asked: Asked = () => undefined): typeof globalThis.fetch {
  return async (url, init) => {
    const method = new URL(url instanceof Request ? url.url : url).pathname.split('/').at(-1)!;
    const body = new URLSearchParams(typeof init?.body === 'string' ? init.body : '');
    asked(method, body);
    const answer = await fetch(url, { ...init, body: body.toString() });
    const changed = told(method, (await answer.json()) as Json, body);
    return new Response(JSON.stringify(changed), { headers: answer.headers });
  };
}

describe('Slack, where its answers are odd', () => {
  let it_: SlackBench;
  afterEach(() => it_.bench.dispose());

  const start = async (told: Told, asked?: Asked, channels = 1): Promise<string[]> => {
    it_ = await slackBench(EMPTY, { fetch: changing(told, asked) });
    const { simulator } = it_;
    for (const { id } of [...simulator.workspace.workspace.channels.values()])
      simulator.workspace.removeBot(id);
    return Array.from({ length: channels }, (_, i) => {
      const { id } = simulator.workspace.createChannel(`channel-${i}`);
      simulator.advance(1_000);
      const ts = simulator.workspace.post(id, `harbour ${i} parent`);
      simulator.advance(1_000);
      simulator.workspace.reply(id, ts, `harbour ${i} reply`);
      return id;
    });
  };

  it('reads what is well formed in a page and in a thread, and bears the rest', async () => {
    const odd: unknown[] = [
      ...[null, 5, 'text', [], {}, { ts: 5 }, { ts: null }],
      ...[{ files: [null] }, { files: {} }, { files: [5] }, { text: 5 }, { user: {} }].map(
        (it, i) => ({ ts: `1600000000.00010${i}`, text: `odd ${i} shape`, ...it }),
      ),
      { ts: '1600000001.000100', text: 'odd 5 shape', edited: 'x', reactions: 5, user: 5 },
      { ts: '1600000002.000100', text: 'odd 6 shape', edited: { ts: 5 }, thread_ts: 5 },
      { ts: '1600000003.000100', text: 'odd 7 shape', attachments: 5, blocks: 'x', bot_id: null },
    ];
    await start((_, answer) =>
      Array.isArray(answer.messages)
        ? { ...answer, messages: [...answer.messages, ...odd] }
        : answer,
    );
    const report = await it_.engine.sync();
    expect(report.complete).toHaveLength(1);
    const words = indexedWords(it_);
    for (const shape of [0, 1, 2, 4, 5, 6, 7]) expect(words).toContain(`odd ${shape} shape`);
    expect(words).toContain('harbour 0 parent');
    expect(words).toContain('harbour 0 reply');
  });

  it('bears files of odd shape in the list of files', async () => {
    const channels = await start((method, answer) =>
      method === 'files.list' ? { ...answer, files: [null, 5, ...files] } : answer,
    );
    const shares = { public: { [channels[0]!]: 5 }, private: 'x' };
    const text = { mimetype: 'text/plain', created: 1_600_000_000 };
    const files: unknown[] = [
      { id: 'F1', ...text, title: 5, shares },
      { id: 'F2', ...text, url_private: 'no address' },
      { id: 'F3', mimetype: 5, created: 'x' },
    ];
    const report = await it_.engine.sync();
    expect(report.failures.map(({ externalId }) => externalId)).toEqual([`${channels[0]}:f:F2`]);
    expect(indexedWords(it_)).toContain('harbour 0 reply');
  });

  it.each([null, 5, 'text', true, []])('takes %j for no answer', async (body) => {
    await start((method, answer) => (method === 'conversations.history' ? body : answer));
    const failure = await it_.engine.sync().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientSourceError);
    expect(failure).toMatchObject({ code: 'malformed_answer' });
  });

  describe('by a cursor that has expired', () => {
    const refusal = { ok: false, error: 'invalid_cursor' };
    /** Each page of a list holds one channel. */
    const oneByOne: Asked = (method, body) => {
      if (method === 'users.conversations') body.set('limit', '1');
      if (method === 'conversations.replies') body.set('limit', '2');
    };
    const expiring = (of: string, times: number): Told => {
      let left = times;
      return (method, answer, asked) => {
        const cursor = asked.get('cursor') ?? '';
        return method === of && cursor !== '' && left-- > 0 ? refusal : answer;
      };
    };
    const partitions = async (): Promise<string[]> => {
      const { bench } = it_;
      const keys: string[] = [];
      for await (const { key } of bench.connector.partitions(bench.context())) keys.push(key);
      return keys.sort();
    };

    it('lists the channels again, each once', async () => {
      const channels = await start(expiring('users.conversations', 2), oneByOne, 4);
      expect(await partitions()).toEqual(channels.sort());
    });

    it('does not list them for ever, nor takes a part for the whole', async () => {
      await start(expiring('users.conversations', Infinity), oneByOne, 4);
      const failure = await partitions().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TransientSourceError);
      expect(failure).toMatchObject({ code: 'invalid_cursor' });
      expect(it_.simulator.log.count('users.conversations')).toBeLessThan(10);
    });

    it.each([1, Infinity])('goes on with the replies of a thread (%s times)', async (times) => {
      const [channel] = await start(expiring('conversations.replies', times), oneByOne);
      const { workspace } = it_.simulator;
      const ts = workspace.post(channel!, 'long harbour parent');
      for (let i = 0; i < 5; i++) {
        it_.simulator.advance(1_000);
        workspace.reply(channel!, ts, `long harbour reply ${i}`);
      }
      expect((await it_.engine.sync()).failures).toEqual([]);
      for (let i = 0; i < 5; i++) expect(indexedWords(it_)).toContain(`long harbour reply ${i}`);
    });
  });
});
