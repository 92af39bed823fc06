import type { SeededRandom } from '../../support/seeded-random.js';
import type { SlackChannel } from '../model/channel.js';
import {
  makeMessage,
  type MessageDraft,
  type Reaction,
  type SlackMessage,
} from '../model/message.js';
import type { Workspace } from '../model/workspace.js';
import { generatedFile, writtenFile } from './generated-file.js';
import { alertText, answer, buildText, opener, REACTIONS, type Names } from './small-talk.js';
import type { TopicLine, TopicThread } from './topic-thread.js';

/**
 * Shares of a real export: 85 % of messages in threads with a median of 5 and a p90 of 18 replies,
 * 16 % edited, 32 % with reactions, 5 % with attachments, 1.7 % by apps, 3 % without text.
 */
const THREAD_SHARE = 0.38;
const EDITED_SHARE = 0.16;
const REACTION_SHARE = 0.32;
const APP_SHARE = 0.045;
const JOIN_SHARE = 0.012;
const BLOCKS_ONLY_SHARE = 0.025;
const BROADCAST_SHARE = 0.004;
const LATE_REPLY_SHARE = 0.02;
const MOST_REPLIES = 60;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface WriterPlan {
  /** Unix milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly fileShare: number;
}

/** Fills channels with conversations, hand-written ones first, up to a number of messages. */
export class ConversationWriter {
  private readonly people: readonly string[];
  private readonly byRole: ReadonlyMap<string, string>;
  private readonly byHandle: ReadonlyMap<string, string>;
  private readonly apps: readonly string[];

  constructor(
    private readonly workspace: Workspace,
    private readonly random: SeededRandom,
    private readonly plan: WriterPlan,
  ) {
    const people = [...workspace.users.values()].filter(({ isBot }) => !isBot);
    this.people = people.map(({ id }) => id);
    this.byRole = new Map(people.map(({ name, id }) => [name, id]));
    const groups = [...workspace.userGroups.values()];
    this.byHandle = new Map(groups.map(({ handle, id }) => [handle, id]));
    this.apps = [...workspace.bots.keys()].filter((id) => id !== workspace.app.botId);
  }

  write(channels: readonly SlackChannel[], messages: number, topics: readonly TopicThread[]): void {
    const drafts = channels.map((channel) => new ChannelDraft(channel));
    const names = this.namesOf(channels);
    let left = messages;
    for (const topic of topics) {
      if (topic.lines.length > left) continue;
      const draft = drafts.find(({ channel }) => channel.name === topic.channel);
      if (draft === undefined) continue;
      this.writeTopic(draft, topic);
      left -= topic.lines.length;
    }
    while (left > 0) left -= this.writeSmallTalk(this.random.pick(drafts), names, left);
    for (const { channel, messages: made } of drafts) this.workspace.load(channel, made);
  }

  private writeTopic(draft: ChannelDraft, { lines }: TopicThread): void {
    const { random } = this;
    // Nothing hand-written is younger than a few hours, so that new messages stand out.
    let ms = random.between(this.plan.from, this.plan.until - 12 * 3_600_000);
    let parent: SlackMessage | null = null;
    for (const line of lines) {
      const written = this.topicDraft(line, draft.free(ms));
      const message = draft.add({ ...written, threadAt: parent?.at ?? null });
      parent ??= message;
      ms += random.between(1, 25) * MINUTE_MS;
    }
  }

  private topicDraft([role, text, file]: TopicLine, at: number): MessageDraft {
    const user = this.byRole.get(role);
    if (user === undefined) throw new Error(`no role ${role}`);
    const fileIds = file && [writtenFile(this.workspace, file, { user, at }).id];
    return { at, user, text: this.linkNames(text), fileIds, reactions: this.reactions() };
  }

  /** `@role`, `@@group` and `#channel` as they travel. */
  private linkNames(text: string): string {
    return text
      .replaceAll(/@@([a-z]+)/g, (whole, handle: string) => {
        const id = this.byHandle.get(handle);
        return id === undefined ? whole : `<!subteam^${id}>`;
      })
      .replaceAll(/(?<![\w@])@([a-z]+(?:-[a-z]+)*)/g, (whole, role: string) => {
        const id = this.byRole.get(role);
        return id === undefined ? whole : `<@${id}>`;
      })
      .replaceAll(/(?<![\w&])#([a-z]+(?:-[a-z]+)*)/g, (whole, name: string) => {
        for (const channel of this.workspace.channels.values()) {
          if (channel.name === name) return `<#${channel.id}|${name}>`;
        }
        return whole;
      });
  }

  /** @returns how many messages were written */
  private writeSmallTalk(draft: ChannelDraft, names: Names, most: number): number {
    const { random } = this;
    const { from, until } = this.plan;
    const ms = random.between(from, until);
    const kind = random.next();
    if (kind < APP_SHARE) {
      draft.add(this.appMessage(draft.free(ms)));
      return 1;
    }
    if (kind < APP_SHARE + JOIN_SHARE) {
      const user = random.pick(this.people);
      const text = `<@${user}> has joined the channel`;
      draft.add({ at: draft.free(ms), user, subtype: 'channel_join', text });
      return 1;
    }
    const parent = draft.add(this.personMessage(draft.free(ms), opener(random, names)));
    if (most === 1 || !random.chance(THREAD_SHARE)) return 1;
    const replies = Math.min(this.replyCount(), most - 1);
    let at = ms;
    for (let i = 0; i < replies; i++) {
      at = Math.min(at + this.pause(), until);
      const message = this.personMessage(draft.free(at), answer(random, names));
      const subtype = random.chance(BROADCAST_SHARE) ? ('thread_broadcast' as const) : null;
      draft.add({ ...message, subtype, threadAt: parent.at });
    }
    return replies + 1;
  }

  private personMessage(at: number, text: string): MessageDraft {
    const { random } = this;
    const { until, fileShare } = this.plan;
    const user = random.pick(this.people);
    const edited = random.chance(EDITED_SHARE)
      ? { user, at: Math.max(at, Math.min(at + random.between(5, 600) * 1_000_000, until * 1000)) }
      : null;
    const fileIds = random.chance(fileShare)
      ? [generatedFile(this.workspace, random, { user, at }).id]
      : null;
    const layout = random.chance(BLOCKS_ONLY_SHARE) ? 'blocks_only' : 'rich';
    return { at, user, text, edited, fileIds, layout, reactions: this.reactions() };
  }

  private appMessage(at: number): MessageDraft {
    const { random } = this;
    const botId = random.pick(this.apps);
    if (random.chance(0.4)) return { at, botId, text: buildText(random), layout: 'section' };
    const { title, text, value } = alertText(random);
    const fields = [{ title: 'State', value }];
    const titleLink = 'https://status.tributary.example';
    const attachments = [{ title, titleLink, text, fields, footer: 'Monitoring' }];
    const subtype = 'bot_message' as const;
    const username = this.workspace.bots.get(botId)?.name ?? null;
    return { at, botId, subtype, username, attachments };
  }

  private reactions(): Reaction[] | null {
    const { random } = this;
    if (!random.chance(REACTION_SHARE)) return null;
    return [{ name: random.pick(REACTIONS), users: [random.pick(this.people)] }];
  }

  /** Log-normal with a median of 5 and a p90 of 18. */
  private replyCount(): number {
    const { random } = this;
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return Math.min(MOST_REPLIES, Math.max(1, Math.round(5 * Math.exp(normal))));
  }

  private pause(): number {
    const { random } = this;
    if (random.chance(LATE_REPLY_SHARE)) return random.between(1, 30) * DAY_MS;
    return random.between(1, 40) * MINUTE_MS;
  }

  private namesOf(channels: readonly SlackChannel[]): Names {
    return {
      mention: (random) => `<@${random.pick(this.people)}>`,
      channel: (random) => {
        const { id, name } = random.pick(channels);
        return `<#${id}|${name}>`;
      },
    };
  }
}

/** Messages of one channel on their way into it, no two at the same time. */
class ChannelDraft {
  readonly messages: SlackMessage[] = [];
  private readonly taken = new Set<number>();

  constructor(readonly channel: SlackChannel) {}

  /** The first free microsecond at or after a millisecond. */
  free(ms: number): number {
    let at = ms * 1000 + 100;
    while (this.taken.has(at)) at += 100;
    this.taken.add(at);
    return at;
  }

  add(draft: MessageDraft): SlackMessage {
    const message = makeMessage(draft);
    this.messages.push(message);
    return message;
  }
}
