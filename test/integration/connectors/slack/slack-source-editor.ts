import type {
  EditedFile,
  OptionalEdit,
  SourceEditor,
} from '../../../../connectors/sdk/conformance/source-editor.js';
import { FILE_METHOD } from '../../../simulators/slack/api/file-server.js';
import {
  type SlackSimulator,
  startSlackSimulator,
} from '../../../simulators/slack/slack-simulator.js';

interface Document {
  readonly channel: string;
  readonly ts: string;
  readonly replies: string[];
  text: string;
}

/** A file of a channel, and what is to be found in it. */
interface SharedFile {
  readonly channel: string;
  readonly text: string;
}

interface Fault {
  matches(method: string, body: URLSearchParams): boolean;
  answer(response: () => Promise<Response>): Promise<Response>;
  times: number;
}

const STEP_MS = 2_000;

/**
 * A workspace of the simulator in which every document is a thread with one reply. Faults that the
 * simulator aims by call are aimed here by what is asked for; give `fetch` to the connector.
 */
export class SlackSourceEditor implements SourceEditor {
  static readonly supports: readonly OptionalEdit[] = [
    ...(['touch', 'denyContainer', 'poison', 'failListing', 'limitListing'] as const),
    ...(['truncateListing', 'loseAccount', 'rename', 'removeContainer', 'putFile'] as const),
  ];

  private readonly documents = new Map<string, Document>();
  private readonly files = new Map<string, SharedFile>();
  private readonly left = new Set<string>();
  private faults: Fault[] = [];

  constructor(
    readonly simulator: SlackSimulator,
    private readonly pageSize: number,
  ) {}

  /** @param pageSize as the connector under test has it */
  static async start(pageSize: number): Promise<SlackSourceEditor> {
    const simulator = await startSlackSimulator({ channels: 1, messages: 0, fileShare: 0 });
    for (const { id } of [...simulator.workspace.workspace.channels.values()])
      simulator.workspace.removeBot(id);
    return new SlackSourceEditor(simulator, pageSize);
  }

  get violations() {
    return this.simulator.violations;
  }

  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    const method = new URL(url instanceof Request ? url.url : url).pathname.split('/').at(-1)!;
    const body = new URLSearchParams(typeof init?.body === 'string' ? init.body : '');
    const fault = this.faults.find((it) => it.times > 0 && it.matches(method, body));
    if (!fault) return fetch(url, init);
    fault.times--;
    return fault.answer(() => fetch(url, init));
  };

  createContainer(title: string): Promise<string> {
    this.step();
    return Promise.resolve(this.simulator.workspace.createChannel(title).id);
  }

  put(container: string, _name: string, text: string): Promise<string> {
    this.step();
    const { workspace } = this.simulator;
    const ts = workspace.post(container, text);
    this.step();
    const reply = workspace.reply(container, ts, 'Seen.');
    const id = `${container}:${ts}`;
    this.documents.set(id, { channel: container, ts, replies: [reply], text });
    return Promise.resolve(id);
  }

  edit(id: string, text: string): Promise<void> {
    this.step();
    const document = this.find(id);
    this.simulator.workspace.edit(document.channel, document.ts, text);
    document.text = text;
    return Promise.resolve();
  }

  touch(id: string): Promise<void> {
    return this.edit(id, this.find(id).text);
  }

  /** Threads have no names; what is called by a name is the channel that they are in. */
  rename(id: string, name: string): Promise<string> {
    this.step();
    this.simulator.workspace.renameChannel(this.find(id).channel, name);
    return Promise.resolve(id);
  }

  remove(id: string): Promise<void> {
    this.step();
    const { channel, ts, replies } = this.find(id);
    for (const reply of replies) this.simulator.workspace.delete(channel, reply);
    this.simulator.workspace.delete(channel, ts);
    this.documents.delete(id);
    return Promise.resolve();
  }

  /** As the owner of a workspace can: Slack answers as if the bot had been removed from it. */
  removeContainer(container: string): Promise<void> {
    this.step();
    this.simulator.workspace.deleteChannel(container);
    this.left.delete(container);
    for (const all of [this.documents, this.files])
      for (const [id, { channel }] of all) if (channel === container) all.delete(id);
    return Promise.resolve();
  }

  /** In a reply to the newest thread of the channel: a message of its own would be a document. */
  putFile(container: string, { name, mediaType, bytes, text }: EditedFile): Promise<string> {
    this.step();
    const thread = [...this.documents.values()].findLast(({ channel }) => channel === container);
    if (!thread) throw new Error(`${container} has no thread to show a file in.`);
    const file = { name, mimetype: mediaType, content: bytes };
    const shared = this.simulator.workspace.addFile(container, file, { threadTs: thread.ts });
    thread.replies.push(shared.ts);
    const id = `${container}:f:${shared.id}`;
    if (text !== null) this.files.set(id, { channel: container, text });
    return Promise.resolve(id);
  }

  truth() {
    const all = [...this.documents, ...this.files].map(
      ([id, { channel, text }]) => [id, { partition: channel, text }] as const,
    );
    return Promise.resolve(new Map(all));
  }

  contentReads(): number {
    const { log } = this.simulator;
    return log.count('conversations.replies') + log.count(FILE_METHOD);
  }

  repair(): Promise<void> {
    this.faults = [];
    for (const channel of this.left) this.simulator.workspace.addBot(channel);
    this.left.clear();
    this.simulator.tokens.get(this.simulator.token).state = 'active';
    return Promise.resolve();
  }

  denyContainer(container: string): Promise<void> {
    this.simulator.workspace.removeBot(container);
    this.left.add(container);
    return Promise.resolve();
  }

  poison(id: string): Promise<void> {
    const { channel, ts } = this.find(id);
    this.faults.push({
      matches: (method, body) =>
        method === 'conversations.replies' &&
        body.get('channel') === channel &&
        body.get('ts') === ts,
      answer: () => Promise.resolve(new Response('broken', { status: 500 })),
      times: Infinity,
    });
    return Promise.resolve();
  }

  failListing(container: string, page: number, times: number): Promise<void> {
    this.faults.push({
      matches: this.isPage(container, page),
      answer: () => Promise.resolve(new Response('broken', { status: 500 })),
      times,
    });
    return Promise.resolve();
  }

  limitListing(container: string, page: number, retryAfterSeconds: number): Promise<void> {
    const headers = { 'retry-after': String(retryAfterSeconds) };
    this.faults.push({
      matches: this.isPage(container, page),
      answer: () => Promise.resolve(new Response('{"ok":false}', { status: 429, headers })),
      times: Infinity,
    });
    return Promise.resolve();
  }

  /** As a workspace without a paid plan, whose older messages are hidden. */
  truncateListing(container: string): Promise<void> {
    this.faults.push({
      matches: (method, body) =>
        method === 'conversations.history' && body.get('channel') === container,
      answer: async (response) => {
        const answer: unknown = await (await response()).json();
        return Response.json({ ...(answer as object), is_limited: true });
      },
      times: Infinity,
    });
    return Promise.resolve();
  }

  loseAccount(): Promise<void> {
    this.simulator.tokens.get(this.simulator.token).state = 'revoked';
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.simulator.close();
  }

  /** Pages beyond the first are asked for by a cursor, or by time when a listing goes on later. */
  private isPage(container: string, page: number): Fault['matches'] {
    const times = [...this.documents.values()]
      .filter(({ channel }) => channel === container)
      .map(({ ts }) => ts)
      .sort()
      .reverse();
    const before = page === 1 ? undefined : times[(page - 1) * this.pageSize - 1];
    return (method, body) => {
      if (method !== 'conversations.history' || body.get('channel') !== container) return false;
      const latest = body.get('latest');
      if (page === 1) return latest === null && !body.has('cursor');
      return latest === before || (page === 2 && latest === null && body.has('cursor'));
    };
  }

  private find(id: string): Document {
    const document = this.documents.get(id);
    if (!document) throw new Error(`no document ${id}`);
    return document;
  }

  /** Every change has a time of its own, as changes by people have. */
  private step(): void {
    this.simulator.advance(STEP_MS);
  }
}
