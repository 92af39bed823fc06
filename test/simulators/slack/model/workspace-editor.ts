import type { SlackChannel } from './channel.js';
import type { SlackMessage } from './message.js';
import type { SlackBot, SlackUser, SlackUserGroup } from './people.js';
import type { SlackFile } from './slack-file.js';
import { formatTimestamp, parseTimestamp } from './timestamp.js';
import type { NewMessage, Workspace } from './workspace.js';

export interface NewFile {
  readonly name: string;
  readonly title?: string;
  readonly mimetype?: string;
  /** Text, or bytes for other kinds. */
  readonly content: string | Uint8Array;
  readonly user?: string;
}

/**
 * Changes a workspace as people do. Channels are named by id or name, messages by `ts`; texts are
 * wire mrkdwn.
 * @throws TypeError when what it names does not exist
 */
export class WorkspaceEditor {
  constructor(readonly workspace: Workspace) {}

  /** @returns the message's `ts` */
  post(channel: string, text: string, message: NewMessage = {}): string {
    return this.add(this.workspace.channel(channel), text, message, null);
  }

  /** @param message `subtype: 'thread_broadcast'` = also sent to the channel */
  reply(channel: string, parentTs: string, text: string, message: NewMessage = {}): string {
    const found = this.workspace.channel(channel);
    const parent = this.workspace.message(found, parentTs);
    return this.add(found, text, message, parent.threadAt ?? parent.at);
  }

  edit(channel: string, ts: string, text: string): void {
    const found = this.workspace.channel(channel);
    const message = this.workspace.message(found, ts);
    this.bury(found, message, 'edited');
    const before = { ...message };
    message.text = text;
    const user = message.user ?? this.workspace.app.userId;
    message.edited = { user, at: this.workspace.clock.now().getTime() * 1000 };
    this.workspace.emit({ kind: 'message_changed', channel: found, message, before });
  }

  /**
   * A parent with replies leaves a tombstone, which goes with its last reply. Files go along that
   * no other message holds, as where a person deletes the message in the client.
   */
  delete(channel: string, ts: string): void {
    const found = this.workspace.channel(channel);
    const message = this.workspace.message(found, ts);
    if (message.subtype === 'tombstone') throw new TypeError(`message ${ts} is deleted already`);
    this.bury(found, message, 'deleted');
    const before = { ...message };
    if (message.replies !== null) {
      message.subtype = 'tombstone';
      message.text = 'This message was deleted.';
      message.edited = message.fileIds = message.attachments = message.reactions = null;
      message.layout = 'rich';
      this.workspace.emit({ kind: 'message_changed', channel: found, message, before });
      this.unshare(found, before);
      return;
    }
    found.history.remove(message);
    this.workspace.emit({ kind: 'message_deleted', channel: found, before });
    this.unshare(found, before);
    if (message.threadAt === null) return;
    const parent = found.history.find(message.threadAt);
    if (parent?.subtype === 'tombstone' && parent.replies === null) found.history.remove(parent);
  }

  archive(channel: string): void {
    this.setArchived(channel, true);
  }

  unarchive(channel: string): void {
    this.setArchived(channel, false);
  }

  renameChannel(channel: string, name: string): void {
    const found = this.workspace.channel(channel);
    found.previousNames.unshift(found.name);
    this.notice(
      found,
      'channel_name',
      `has renamed the channel from "${found.name}" to "${name}"`,
      {
        old_name: found.name,
        name,
      },
    );
    found.name = name;
    this.workspace.emit({ kind: 'channel_rename', channel: found });
  }

  removeBot(channel: string): void {
    const found = this.workspace.channel(channel);
    const left = found.members.delete(this.workspace.app.userId);
    if (left) this.workspace.emit({ kind: 'member_left_channel', channel: found });
  }

  addBot(channel: string): void {
    const found = this.workspace.channel(channel);
    const { userId } = this.workspace.app;
    if (found.members.has(userId)) return;
    found.members.add(userId);
    this.workspace.emit({ kind: 'member_joined_channel', channel: found });
    this.notice(found, 'channel_join', `<@${userId}> has joined the channel`);
  }

  deleteChannel(channel: string): void {
    const found = this.workspace.channel(channel);
    for (const message of found.history.all()) this.bury(found, message, 'deleted');
    this.workspace.channels.delete(found.id);
    this.workspace.emit({ kind: 'channel_deleted', channel: found });
  }

  createChannel(name: string, settings: { private?: boolean; bot?: boolean } = {}): SlackChannel {
    const { workspace } = this;
    const people = [...workspace.users.keys()].slice(0, 5);
    return workspace.addChannel({
      name,
      isPrivate: settings.private ?? false,
      creator: people[0] ?? workspace.app.userId,
      created: Math.floor(workspace.clock.now().getTime() / 1000),
      members: [...people, ...((settings.bot ?? true) ? [workspace.app.userId] : [])],
    });
  }

  addUser(realName: string, displayName = ''): SlackUser {
    const { workspace } = this;
    const user: SlackUser = {
      id: workspace.newId('U'),
      name: realName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.'),
      realName,
      displayName,
      title: '',
      deleted: false,
      isBot: false,
      botId: null,
      timeZone: 'Europe/Berlin',
      updated: Math.floor(workspace.clock.now().getTime() / 1000),
    };
    workspace.users.set(user.id, user);
    return user;
  }

  addBotUser(name: string): SlackBot {
    const { workspace } = this;
    const updated = Math.floor(workspace.clock.now().getTime() / 1000);
    const bot: SlackBot = {
      id: workspace.newId('B'),
      name,
      appId: workspace.newId('B').replace('B', 'A'),
      userId: null,
      updated,
    };
    workspace.bots.set(bot.id, bot);
    return bot;
  }

  addUserGroup(handle: string, name: string, users: readonly string[]): SlackUserGroup {
    const { workspace } = this;
    const group: SlackUserGroup = {
      id: workspace.newId('S'),
      handle,
      name,
      description: '',
      users: [...users],
      created: Math.floor(workspace.clock.now().getTime() / 1000),
      disabled: false,
    };
    workspace.userGroups.set(group.id, group);
    return group;
  }

  renameUser(id: string, names: { realName?: string; displayName?: string }): void {
    const user = this.user(id);
    user.realName = names.realName ?? user.realName;
    user.displayName = names.displayName ?? user.displayName;
    user.updated = Math.floor(this.workspace.clock.now().getTime() / 1000);
    this.workspace.emit({ kind: 'user_change', user });
  }

  deactivateUser(id: string): void {
    const user = this.user(id);
    user.deleted = true;
    this.workspace.emit({ kind: 'user_change', user });
  }

  /** Uploads a file and shares it in a new message or reply. @returns its id and the `ts` */
  addFile(
    channel: string,
    file: NewFile,
    message: NewMessage & { readonly text?: string; readonly threadTs?: string } = {},
  ): { id: string; ts: string } {
    const { text = '', threadTs, ...rest } = message;
    const id = this.upload(file).id;
    const shared = { ...rest, fileIds: [id] };
    const ts =
      threadTs === undefined
        ? this.post(channel, text, shared)
        : this.reply(channel, threadTs, text, shared);
    return { id, ts };
  }

  deleteFile(id: string): void {
    const file = this.workspace.files.get(id);
    if (file === undefined) throw new TypeError(`no file ${id}`);
    this.removeFile(file);
  }

  private upload(file: NewFile): SlackFile {
    const { workspace } = this;
    const { content } = file;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const made: SlackFile = {
      id: workspace.newId('F'),
      name: file.name,
      title: file.title ?? file.name,
      mimetype: file.mimetype ?? 'text/plain',
      filetype: file.name.split('.').at(-1) ?? 'text',
      user: file.user ?? this.somebody(),
      created: Math.floor(workspace.clock.now().getTime() / 1000),
      size: bytes.length,
      bytes: () => bytes,
      text: typeof content === 'string' ? content : null,
      shares: new Map(),
      deleted: false,
    };
    workspace.files.set(made.id, made);
    return made;
  }

  private add(
    channel: SlackChannel,
    text: string,
    { ts, ...rest }: NewMessage,
    threadAt: number | null,
  ): string {
    const at = ts === undefined ? undefined : parseTimestamp(ts);
    if (at === null) throw new TypeError(`not a timestamp: ${ts}`);
    const user = rest.user ?? (rest.botId == null ? this.somebody() : null);
    const message = this.workspace.insert(channel, { ...rest, user, text, threadAt, at });
    return formatTimestamp(message.at);
  }

  private setArchived(channel: string, archived: boolean): void {
    const found = this.workspace.channel(channel);
    if (found.isArchived === archived) return;
    const [subtype, text] = archived
      ? (['channel_archive', 'archived the channel'] as const)
      : (['channel_unarchive', 'un-archived the channel'] as const);
    this.notice(found, subtype, text);
    found.isArchived = archived;
    this.workspace.emit({
      kind: archived ? 'channel_archive' : 'channel_unarchive',
      channel: found,
    });
  }

  private notice(
    channel: SlackChannel,
    subtype: NonNullable<SlackMessage['subtype']>,
    text: string,
    extra: Record<string, string> | null = null,
  ): void {
    const user = subtype === 'channel_join' ? this.workspace.app.userId : channel.creator;
    this.workspace.insert(channel, { subtype, text, user, extra });
    channel.updated = this.workspace.clock.now().getTime();
  }

  private bury(channel: SlackChannel, message: SlackMessage, reason: 'deleted' | 'edited'): void {
    const { text, at } = message;
    this.workspace.removed.push({ channel: channel.id, ts: formatTimestamp(at), text, reason });
  }

  /** What a deleted message held is shared there no more; what is shared nowhere is deleted. */
  private unshare(channel: SlackChannel, { fileIds, at }: SlackMessage): void {
    for (const id of fileIds ?? []) {
      const file = this.workspace.files.get(id);
      if (file === undefined || file.deleted) continue;
      const here = (file.shares.get(channel.id) ?? []).filter((time) => time !== at);
      const others = [...file.shares.keys()].filter(
        (other) => other !== channel.id && this.workspace.channels.has(other),
      );
      if (here.length > 0) file.shares.set(channel.id, here);
      else if (others.length > 0) file.shares.delete(channel.id);
      // The place of the last share stays: who could read it there is told that it was deleted.
      else this.removeFile(file);
    }
  }

  private removeFile(file: SlackFile): void {
    const { id, text } = file;
    file.deleted = true;
    this.workspace.emit({ kind: 'file_deleted', fileId: id });
    if (text === null) return;
    for (const [channel, times] of file.shares) {
      for (const ts of times.map(formatTimestamp))
        this.workspace.removed.push({ channel, ts, text, reason: 'deleted', file: id });
    }
  }

  private somebody(): string {
    for (const user of this.workspace.users.values()) {
      if (!user.isBot && !user.deleted) return user.id;
    }
    return this.workspace.app.userId;
  }

  private user(id: string): SlackUser {
    const user = this.workspace.users.get(id);
    if (user === undefined) throw new TypeError(`no user ${id}`);
    return user;
  }
}
