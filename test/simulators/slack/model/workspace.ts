import { makeChannel, type ChannelDraft, type SlackChannel } from './channel.js';
import { makeMessage, type MessageDraft, type SlackMessage } from './message.js';
import type { SlackBot, SlackUser, SlackUserGroup } from './people.js';
import type { SlackFile } from './slack-file.js';
import { formatTimestamp, parseTimestamp } from './timestamp.js';
import type { WorkspaceEvent } from './workspace-event.js';

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
}

/** The app whose tokens the simulator hands out, as a member of the workspace. */
export interface InstalledApp {
  readonly appId: string;
  readonly userId: string;
  readonly botId: string;
  readonly name: string;
}

/** Text that was readable once and must not be found any more. */
export interface RemovedText {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly reason: 'deleted' | 'edited';
  /** The file whose text it was, as it stood there; else it is a message's wire mrkdwn. */
  readonly file?: string;
}

export type NewMessage = Partial<Omit<MessageDraft, 'at' | 'threadAt'>> & { readonly ts?: string };

/**
 * A workspace in memory: who and what is in it. Plain state; `WorkspaceEditor` changes it the way
 * people would.
 */
export class Workspace {
  readonly users = new Map<string, SlackUser>();
  readonly bots = new Map<string, SlackBot>();
  readonly userGroups = new Map<string, SlackUserGroup>();
  readonly channels = new Map<string, SlackChannel>();
  readonly files = new Map<string, SlackFile>();
  /** Custom emoji: name -> URL, or `alias:other`. */
  readonly emoji = new Map<string, string>();
  readonly removed: RemovedText[] = [];
  /** Told of everything that happens from now on. */
  readonly listeners: ((event: WorkspaceEvent) => void)[] = [];
  /** The newest `at` in use by channel. */
  private readonly newestAt = new Map<string, number>();
  private nextNumber: number;

  constructor(
    readonly team: Team,
    readonly app: InstalledApp,
    readonly clock: { now(): Date },
  ) {
    // Two workspaces share no ids.
    this.nextNumber = parseInt(team.id.slice(-7), 36);
  }

  /** An id that no other thing in the workspace has, e.g. `F0` + nine characters. */
  newId(prefix: 'B' | 'C' | 'F' | 'S' | 'U'): string {
    // A multiplier prime to 36^9 spreads consecutive numbers over the whole range.
    const spread = (BigInt(this.nextNumber++) * 60_466_176_000_001n) % 36n ** 9n;
    return `${prefix}0${spread.toString(36).toUpperCase().padStart(9, '0')}`;
  }

  addChannel(draft: Omit<ChannelDraft, 'id'> & { readonly id?: string }): SlackChannel {
    const channel = makeChannel({ ...draft, id: draft.id ?? this.newId('C') });
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** By id or by name. @throws TypeError when there is none */
  channel(idOrName: string): SlackChannel {
    const byId = this.channels.get(idOrName);
    if (byId !== undefined) return byId;
    for (const channel of this.channels.values()) if (channel.name === idOrName) return channel;
    throw new TypeError(`no channel ${idOrName}`);
  }

  /** @throws TypeError when there is none */
  message(channel: SlackChannel, ts: string): SlackMessage {
    const at = parseTimestamp(ts);
    const message = at === null ? undefined : channel.history.find(at);
    if (message === undefined) throw new TypeError(`no message ${ts} in ${channel.name}`);
    return message;
  }

  /** Many messages at once, e.g. from the generator. */
  load(channel: SlackChannel, messages: readonly SlackMessage[]): void {
    channel.history.load(messages);
    for (const message of messages) this.noteMessage(channel, message);
  }

  insert(channel: SlackChannel, draft: Omit<MessageDraft, 'at'> & { at?: number }): SlackMessage {
    const message = makeMessage({ ...draft, at: draft.at ?? this.nextAt(channel) });
    channel.history.insert(message);
    this.noteMessage(channel, message);
    this.emit({ kind: 'message_posted', channel, message });
    return message;
  }

  emit(event: WorkspaceEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  canRead(channel: SlackChannel): boolean {
    return channel.members.has(this.app.userId);
  }

  permalink(channel: SlackChannel, message: SlackMessage): string {
    const link = `https://${this.team.domain}.slack.com/archives/${channel.id}/p${message.at}`;
    if (message.threadAt === null) return link;
    return `${link}?thread_ts=${formatTimestamp(message.threadAt)}&cid=${channel.id}`;
  }

  private nextAt(channel: SlackChannel): number {
    const now = this.clock.now().getTime() * 1000;
    return Math.max(now, (this.newestAt.get(channel.id) ?? 0) + 100);
  }

  private noteMessage(channel: SlackChannel, message: SlackMessage): void {
    const newest = this.newestAt.get(channel.id) ?? 0;
    if (message.at > newest) this.newestAt.set(channel.id, message.at);
    for (const id of message.fileIds ?? []) {
      const file = this.files.get(id);
      const shares = file?.shares.get(channel.id);
      if (shares !== undefined) shares.push(message.at);
      else file?.shares.set(channel.id, [message.at]);
    }
  }
}
