import { LogLevel, WebClient } from '@slack/web-api';
import type { ConnectorContext } from '../sdk/context.js';
import { TransientSourceError } from '../sdk/errors.js';
import type { Fetch, HttpAnswer } from '../sdk/http-answer.js';
import { withLinkedAbort } from '../sdk/linked-abort.js';
import { retryAfterSeconds } from '../sdk/retry-after.js';
import { asObject } from './json-object.js';
import { classifySlackError, isExpiredCursor, SlackRateLimit } from './slack-errors.js';
import type { SlackChannel, SlackFile, SlackMessage } from './slack-message.js';
import type { Timestamp } from './timestamp.js';
import { wellFormedFiles, wellFormedMessages } from './well-formed.js';
import { WholeAnswers, type Answer } from './whole-answers.js';

export const SLACK_API_URL = 'https://slack.com/api/';
const TIMEOUT_MS = 30_000;
const FILES_PER_CALL = 500;
/** So many times a list is begun again because its cursor has expired. */
const MAX_RESTARTS = 3;

export interface Identity {
  readonly teamId: string;
  readonly team: string;
  /** `https://example.slack.com/` */
  readonly url: string;
  readonly userId: string;
  /** null: Slack did not say. */
  readonly scopes: readonly string[] | null;
}

export interface HistoryQuery {
  readonly channel: string;
  readonly limit: number;
  readonly oldest?: Timestamp;
  readonly latest?: Timestamp;
  readonly inclusive?: boolean;
  readonly cursor?: string;
}

export interface MessagePage {
  readonly messages: readonly SlackMessage[];
  readonly hasMore: boolean;
  readonly cursor: string | undefined;
  /** Older messages exist, but the workspace's plan hides them. */
  readonly isLimited: boolean;
}

export interface SlackUser {
  readonly id: string;
  readonly name?: string;
  readonly real_name?: string;
  readonly is_bot?: boolean;
  readonly profile?: {
    readonly display_name?: string;
    readonly real_name?: string;
    /** Of bots. */
    readonly bot_id?: string;
    readonly api_app_id?: string;
  };
}

/** Slack's methods as far as they are used; every call is paced and classified. */
export class SlackApi {
  private readonly clients = new WeakMap<AbortSignal, WebClient>();
  private readonly answers = new WholeAnswers();

  constructor(
    private readonly ctx: Pick<ConnectorContext, 'calls' | 'clock'>,
    private readonly token: string,
    private readonly apiUrl: string,
    private readonly fetch: Fetch,
  ) {}

  async identity(): Promise<Identity> {
    const answer = await this.call('auth.test', {});
    const text = (key: string): string => {
      const value = answer[key];
      return typeof value === 'string' ? value : malformed('auth.test', key);
    };
    return {
      teamId: text('team_id'),
      team: text('team'),
      url: text('url'),
      userId: text('user_id'),
      scopes: answer.response_metadata?.scopes?.filter((scope) => scope !== '') ?? null,
    };
  }

  /** Channels that the bot is in, or all that it can see; each once, also in a list begun again. */
  async *channels(list: 'joined' | 'all', types: string): AsyncGenerator<SlackChannel> {
    const method = list === 'joined' ? 'users.conversations' : 'conversations.list';
    const args = { types, exclude_archived: false, limit: 999 };
    const seen = new Set<string>();
    for await (const answer of this.pages(method, args))
      for (const channel of itemsOf<SlackChannel>(method, answer, 'channels')) {
        if (seen.has(channel.id)) continue;
        seen.add(channel.id);
        yield channel;
      }
  }

  async channel(channel: string): Promise<SlackChannel> {
    const answer = await this.call('conversations.info', { channel }, channel);
    return objectOf<SlackChannel>('conversations.info', answer, 'channel');
  }

  async join(channel: string): Promise<void> {
    await this.call('conversations.join', { channel }, channel);
  }

  history(query: HistoryQuery): Promise<MessagePage> {
    return this.messages('conversations.history', query, query.latest ?? 'newest');
  }

  replies(query: HistoryQuery & { readonly ts: Timestamp }): Promise<MessagePage> {
    return this.messages('conversations.replies', query, query.ts);
  }

  async users(cursor: string | undefined): Promise<{ users: SlackUser[]; cursor?: string }> {
    const answer = await this.call('users.list', { limit: 200, cursor });
    const next = answer.response_metadata?.next_cursor;
    const users = itemsOf<SlackUser>('users.list', answer, 'members');
    return { users, ...(next && { cursor: next }) };
  }

  async user(user: string): Promise<SlackUser> {
    return objectOf<SlackUser>('users.info', await this.call('users.info', { user }, user), 'user');
  }

  async userGroups(): Promise<{ id: string; handle?: string; name?: string }[]> {
    const answer = await this.call('usergroups.list', { include_disabled: true });
    return itemsOf('usergroups.list', answer, 'usergroups');
  }

  async file(file: string): Promise<SlackFile> {
    const { file: found } = await this.call('files.info', { file }, file);
    return wellFormedFiles([found])[0] ?? malformed('files.info', 'file');
  }

  /**
   * Files that a channel shows, in its threads, too.
   * @param from, to when they were made, Unix seconds, both included
   */
  async files(channel: string, from: number | null, to: number | null): Promise<SlackFile[]> {
    const method = 'files.list';
    const files: SlackFile[] = [];
    for (let page = 1, pages = 1; page <= pages; page++) {
      const window = { ...(from !== null && { ts_from: from }), ...(to !== null && { ts_to: to }) };
      const args = { channel, count: FILES_PER_CALL, page, ...window };
      const answer = await this.call(method, args, `${channel} page ${page}`);
      files.push(...wellFormedFiles(listOf(method, answer, 'files')));
      const told = asObject(answer.paging).pages;
      pages = typeof told === 'number' ? told : 1;
    }
    return files;
  }

  /** The content of a file: not a method of the client, so hosts and redirects are checked here. */
  download<Result>(
    file: string,
    url: URL,
    read: (answer: HttpAnswer) => Promise<Result>,
  ): Promise<Result> {
    return this.ctx.calls.call({
      method: 'files.download',
      target: file,
      run: async (signal) => {
        const headers = { Authorization: `Bearer ${this.token}` };
        return this.send(url, { headers, redirect: 'manual' }, signal, read);
      },
      classify: (error) => classifySlackError(error, this.ctx.clock.now()),
    });
  }

  /** The token may be sent there: to Slack, or to where its API was moved. */
  isTrusted(url: URL): boolean {
    const api = new URL(this.apiUrl);
    if (url.origin === api.origin) return true;
    const isSlack = url.hostname === 'slack.com' || url.hostname.endsWith('.slack.com');
    return isSlack && url.protocol === 'https:' && url.port === '';
  }

  private async messages(
    method: string,
    query: object & HistoryQuery,
    position: string,
  ): Promise<MessagePage> {
    const answer = await this.call(method, { ...query }, `${query.channel} ${position}`);
    const cursor = answer.response_metadata?.next_cursor;
    return {
      messages: wellFormedMessages(listOf(method, answer, 'messages')),
      hasMore: answer.has_more === true || Boolean(cursor),
      cursor: cursor || undefined,
      isLimited: answer.is_limited === true,
    };
  }

  /** Cursors expire, e.g. while a run waits: then the list begins again with its first page. */
  private async *pages(method: string, args: object): AsyncGenerator<Answer> {
    let cursor: string | undefined;
    for (let restarts = 0; ;) {
      const answer = await this.pageOrExpiry(method, args, cursor);
      if (answer === null) {
        if (++restarts > MAX_RESTARTS) throw expired(method);
        cursor = undefined;
        continue;
      }
      yield answer;
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) return;
    }
  }

  /** null: the cursor is good for nothing any more. */
  private async pageOrExpiry(
    method: string,
    args: object,
    cursor: string | undefined,
  ): Promise<Answer | null> {
    try {
      return await this.call(method, { ...args, cursor });
    } catch (error) {
      if (cursor === undefined || !isExpiredCursor(error)) throw error;
      return null;
    }
  }

  private call(method: string, args: Record<string, unknown>, target?: string): Promise<Answer> {
    return this.ctx.calls.call<Answer>({
      method,
      ...(target !== undefined && { target }),
      run: async (signal) => this.answers.whole(await this.client(signal).apiCall(method, args)),
      classify: (error) => classifySlackError(error, this.ctx.clock.now()),
    });
  }

  /** Queue, retries and waits belong to the layer above. Making a client costs as much as a call. */
  private client(signal: AbortSignal): WebClient {
    const known = this.clients.get(signal);
    if (known) return known;
    const client = new WebClient(this.token, {
      slackApiUrl: this.apiUrl,
      allowAbsoluteUrls: false,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: SILENT,
      // Its `timeout` option would add a second timer to the one of `send`. Of a response it reads
      // no more than an answer has.
      fetch: (url, init) =>
        this.send(String(url), init ?? {}, signal, (answer) =>
          this.answers.outline(answer),
        ) as Promise<Response>,
    });
    this.clients.set(signal, client);
    return client;
  }

  /**
   * The time limit and the caller's signal hold until the answer is read, and not beyond.
   * @throws SlackRateLimit for status 429, whatever its Retry-After looks like
   */
  private send<Result>(
    url: string | URL,
    init: RequestInit,
    signal: AbortSignal,
    read: (answer: HttpAnswer) => Promise<Result>,
  ): Promise<Result> {
    return withLinkedAbort(signal, async (controller) => {
      const timer = setTimeout(() => controller.abort(tooSlow()), TIMEOUT_MS);
      try {
        const answer = await this.fetch(url, { ...init, signal: controller.signal });
        if (answer.status !== 429) return await read(answer);
        await answer.body?.cancel();
        const told = answer.headers.get('retry-after');
        throw new SlackRateLimit(retryAfterSeconds(told, this.ctx.clock.now()));
      } finally {
        clearTimeout(timer);
      }
    });
  }
}

/** As `AbortSignal.timeout` gives it. */
const tooSlow = (): DOMException =>
  new DOMException('The operation was aborted due to timeout', 'TimeoutError');

const nothing = (): void => {};
/** The client logs to the console otherwise; what matters is in the run's request log. */
const SILENT = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};

function listOf(method: string, answer: Answer, key: string): readonly unknown[] {
  const value = answer[key];
  return Array.isArray(value) ? value : malformed(method, key);
}

/** What has no id cannot be asked for. */
function itemsOf<Item>(method: string, answer: Answer, key: string): Item[] {
  const items = listOf(method, answer, key);
  return items.filter((item) => typeof asObject(item).id === 'string') as Item[];
}

function objectOf<Item>(method: string, answer: Answer, key: string): Item {
  const value = answer[key];
  return typeof value === 'object' && value !== null ? (value as Item) : malformed(method, key);
}

/** Whatever was listed until then is not the whole list, and it may work later. */
const expired = (method: string): TransientSourceError =>
  new TransientSourceError('invalid_cursor', `Cursors of ${method} expire before they are used.`);

/** An answer that says `ok` but lacks its content must not look like an empty list. */
function malformed(method: string, key: string): never {
  throw new TransientSourceError('malformed_answer', `The answer of ${method} has no ${key}.`);
}
