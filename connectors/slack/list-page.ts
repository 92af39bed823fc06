import type { CreatedRange, SourceDocument } from '../sdk/contract.js';
import { TransientSourceError } from '../sdk/errors.js';
import { sortBroadcasts } from './broadcasts.js';
import { readFile } from './file-body.js';
import { LIMITED_BY_PLAN, type ListedPage, type Position, provenFrom } from './listing.js';
import { dropReason, isOfBotsOnly } from './message-policy.js';
import { render, type RenderedMessage } from './rendered-message.js';
import { threadBody } from './read-thread.js';
import { SessionSplitter } from './sessions.js';
import type { MessagePage } from './slack-api.js';
import {
  type ChannelView,
  createdAt,
  fileDocument,
  sessionDocument,
  threadDocument,
} from './slack-documents.js';
import { isExpiredCursor } from './slack-errors.js';
import { isReply, isThread, type SlackMessage } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { fileDropReason, filesBetween } from './channel-files.js';
import { noteSlowTier } from './slow-tier.js';
import { compareTimestamps, type Timestamp, toMilliseconds } from './timestamp.js';

/** Walks a channel's history, newest first, page by page. */
export class HistoryWalk {
  /** Of the last answer; only good for going on right there. */
  private cursor: string | undefined;
  private latest: string | undefined;

  constructor(
    private readonly source: SlackSource,
    private readonly channel: ChannelView,
    private readonly limit = source.pageMessages,
    private readonly withFiles = source.config.files,
  ) {}

  async next(position: Position): Promise<ListedPage> {
    const page = await this.ask(position);
    const messages = [...page.messages].sort((a, b) => compareTimestamps(b.ts, a.ts));
    const oldest = messages.at(-1)?.ts;
    if (page.hasMore && oldest === undefined && page.cursor === undefined)
      throw new TransientSourceError('malformed_answer', 'An empty page of a longer history.');
    const { names, api } = this.source;
    const listed = await names.complete(api, () => this.documents(messages, position, page));
    const from = page.hasMore
      ? provenFrom(oldest ?? position.before ?? undefined, listed.held)
      : undefined;
    const range = this.range(position, from, page);
    const files = this.withFiles ? await this.files(range, messages) : NO_FILES;
    return {
      documents: [...listed.documents, ...files.documents],
      skipped: addUp(listed.skipped, files.skipped),
      position: {
        before: oldest ?? position.before,
        to: range?.from?.getTime() ?? position.to,
        held: [...listed.held],
        waiting: [...listed.waiting],
      },
      range,
      newest: messages[0]?.ts,
      oldest,
      threads: listed.threads,
      parents: messages.filter((message) => !isReply(message)).length,
      boundary: listed.boundary,
      ended: !page.hasMore,
      gap: page.isLimited ? LIMITED_BY_PLAN : files.gap,
    };
  }

  /** A cursor that has expired is no reason to begin again: what is older than the last message. */
  private async ask({ before }: Position): Promise<MessagePage> {
    const { api, ctx } = this.source;
    const query = { channel: this.channel.id, limit: this.limit };
    const followed = this.cursor;
    try {
      if (followed !== undefined) {
        const bound = this.latest !== undefined && { latest: this.latest };
        return this.remember(await api.history({ ...query, ...bound, cursor: followed }));
      }
    } catch (error) {
      if (!isExpiredCursor(error)) throw error;
    }
    this.latest = before ?? undefined;
    const page = await api.history({ ...query, ...(before !== null && { latest: before }) });
    await noteSlowTier(ctx.calls, this.limit, page);
    if (before === null) this.noteEstimate(page);
    return this.remember(page);
  }

  private noteEstimate(page: MessagePage): void {
    const { estimates, identity, memory } = this.source;
    const channel = memory.channels.get(this.channel.id) ?? { id: this.channel.id };
    estimates.note(identity.teamId, channel, this.limit, page);
  }

  private remember(page: MessagePage): MessagePage {
    this.cursor = page.cursor;
    // A bot that was invited back while the run went on.
    this.source.memory.lost.delete(this.channel.id);
    return page;
  }

  /** Without effects: it is done again when a name was missing. */
  private documents(messages: readonly SlackMessage[], position: Position, page: MessagePage) {
    const { source, channel } = this;
    const { config, names } = source;
    const gapSeconds = config.session_gap_minutes * 60;
    const splitter = new SessionSplitter<RenderedMessage>(gapSeconds, position.held);
    const sessions: RenderedMessage[][] = [];
    const threads: { ts: Timestamp; thread: SourceDocument }[] = [];
    const skipped: Record<string, number> = {};
    const replies: SlackMessage[] = [];
    const parents = new Set<Timestamp>();
    for (const message of messages) {
      if (isReply(message)) {
        if (dropReason(message, config.bots) === null) replies.push(message);
        continue;
      }
      if (isThread(message)) {
        parents.add(message.ts);
        const thread = this.thread(message);
        if (thread === null) skipped.bot_message = (skipped.bot_message ?? 0) + 1;
        else threads.push({ ts: message.ts, thread });
        continue;
      }
      const reason = dropReason(message, config.bots);
      if (reason === null) sessions.push(...splitter.add(render(message, names)));
      else skipped[reason] = (skipped[reason] ?? 0) + 1;
    }
    const oldest = messages.at(-1)?.ts;
    if (oldest !== undefined) sessions.push(...splitter.reached(oldest));
    if (!page.hasMore) sessions.push(...splitter.end());
    const reached = page.hasMore ? (oldest ?? position.before) : null;
    const { alone, waiting, tooMany } = sortBroadcasts(
      position.waiting,
      { replies, threads: parents, reached },
      (message) => render(message, names),
    );
    if (tooMany > 0) skipped.unplaced_broadcast = tooMany;
    const documents: SourceDocument[] = [
      ...sessions.map((session) => sessionDocument(source, channel, session)),
      ...alone.map((message) => sessionDocument(source, channel, [message])),
      ...threads.map(({ thread }) => thread),
    ];
    return {
      documents,
      skipped,
      held: splitter.held,
      waiting,
      threads: threads.map(({ ts }) => ts),
      boundary: sessions.at(-1)?.[0]?.ts,
    };
  }

  /** null: all that was written there is left out. */
  private thread(parent: SlackMessage): SourceDocument | null {
    const { source, channel } = this;
    const { config, names, emptyThreads } = source;
    if (isOfBotsOnly(parent, config.bots, names)) return null;
    const body = () => threadBody(source, channel.id, parent.ts);
    const document = threadDocument(source, channel, parent, body);
    const { externalId, version } = document;
    return emptyThreads.has(source, externalId, version) ? null : document;
  }

  private range(
    { to }: Position,
    from: string | undefined,
    { isLimited, hasMore, messages }: MessagePage,
  ): CreatedRange | undefined {
    // What the plan hides is not gone: the proof ends with the oldest message that is shown.
    const edge = !hasMore && isLimited ? messages.at(-1)?.ts : from;
    if (edge === undefined && (hasMore || isLimited)) return undefined;
    const start = edge === undefined ? null : toMilliseconds(edge) + 1;
    if (start !== null && to !== null && start >= to) return undefined;
    return {
      from: start === null ? null : new Date(start),
      to: to === null ? null : new Date(to),
    };
  }

  private async files(
    range: CreatedRange | undefined,
    messages: readonly SlackMessage[],
  ): Promise<typeof NO_FILES> {
    const { source, channel } = this;
    const { names, api } = source;
    const { files, gap } = await filesBetween(source, channel.id, range, messages);
    return names.complete(api, () => {
      const skipped: Record<string, number> = {};
      const wanted = files.filter((file) => {
        const reason = fileDropReason(source, file);
        if (reason !== null) skipped[reason] = (skipped[reason] ?? 0) + 1;
        return reason === null && createdAt(file) > 0;
      });
      const documents = wanted.map((file) =>
        fileDocument(source, channel, file, () => readFile(source, file)),
      );
      return { documents, skipped, gap };
    });
  }
}

const NO_FILES: {
  readonly documents: readonly SourceDocument[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly gap: string | null;
} = { documents: [], skipped: {}, gap: null };

function addUp(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [reason, count] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
