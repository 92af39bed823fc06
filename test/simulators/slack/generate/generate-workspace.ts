import { SeededRandom } from '../../support/seeded-random.js';
import type { SlackChannel } from '../model/channel.js';
import { Workspace } from '../model/workspace.js';
import { APPS, CAST, channelPlans, GROUPS, type ChannelPlan } from './cast.js';
import { COMPANY } from './company.js';
import { ConversationWriter } from './conversation-writer.js';
import { DECISIONS } from './decisions.js';
import { HOW_TOS } from './how-tos.js';
import { INCIDENTS } from './incidents.js';
import type { TopicThread } from './topic-thread.js';

export interface WorkspacePlan {
  /** The same seed makes the same workspace; another one is another account. Default 7. */
  readonly seed?: number;
  /** Channels with the bot in them; default 12. */
  readonly channels?: number;
  /** Messages in these channels, replies included; default 600. */
  readonly messages?: number;
  /** How far the history goes back; default 180. */
  readonly days?: number;
  /** Share of messages with a file; default 0.12 as in a real workspace. */
  readonly fileShare?: number;
}

/** Written by hand; the first ones land in small workspaces too. */
export const TOPICS: readonly TopicThread[] = interleave([INCIDENTS, DECISIONS, HOW_TOS, COMPANY]);

/** Channels that the bot is not in, to be left alone by any reader. */
const OUTSIDE: readonly ChannelPlan[] = [
  { name: 'lunch', purpose: 'Where to eat' },
  { name: 'board', purpose: 'Board matters', isPrivate: true },
];
const OUTSIDE_MESSAGES = 12;
const DAY_MS = 86_400_000;

/** Makes a workspace of a software company that is worth searching. */
export function generateWorkspace(plan: WorkspacePlan, clock: { now(): Date }): Workspace {
  const { seed = 7, channels: count = 12, messages = 600, days = 180, fileShare = 0.12 } = plan;
  const random = new SeededRandom(seed);
  const until = clock.now().getTime() - 60_000;
  const from = until - days * DAY_MS;
  const workspace = emptyWorkspace(random, clock, from);
  const joined = channelPlans(Math.max(1, count)).map((channel) =>
    addChannel(workspace, channel, from, true),
  );
  const outside = OUTSIDE.map((channel) => addChannel(workspace, channel, from, false));
  const writer = new ConversationWriter(workspace, random, { from, until, fileShare });
  writer.write(joined, messages, TOPICS);
  writer.write(outside, OUTSIDE_MESSAGES, []);
  return workspace;
}

function emptyWorkspace(random: SeededRandom, clock: { now(): Date }, from: number): Workspace {
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const id = `T0${random.text(letters, 9)}`;
  const app = { appId: id.replace('T', 'A'), botId: id.replace('T', 'B'), name: 'tributary' };
  const userId = id.replace('T', 'U');
  const suffix = id.slice(-4).toLowerCase();
  const team = { id, name: 'Tributary Example', domain: `tributary-example-${suffix}` };
  const workspace = new Workspace(team, { ...app, userId }, clock);
  const updated = Math.floor(from / 1000);
  const base = { title: '', deleted: false, timeZone: 'Europe/Berlin', updated };
  for (const { key, name, displayName } of CAST) {
    const person = { ...base, name: key, realName: name, displayName, isBot: false, botId: null };
    const made = workspace.newId('U');
    workspace.users.set(made, { ...person, id: made });
  }
  workspace.users.set(userId, {
    ...base,
    id: userId,
    name: app.name,
    realName: 'Tributary',
    displayName: '',
    isBot: true,
    botId: app.botId,
  });
  const { botId, appId } = app;
  workspace.bots.set(botId, { id: botId, name: 'Tributary', appId, userId, updated });
  for (const name of APPS) {
    const bot = workspace.newId('B');
    workspace.bots.set(bot, { id: bot, name, appId: `A${bot.slice(1)}`, userId: null, updated });
  }
  const idsOf = (roles: readonly string[]): string[] =>
    [...workspace.users.values()].filter(({ name }) => roles.includes(name)).map((user) => user.id);
  for (const { handle, name, roles } of GROUPS) {
    const group = workspace.newId('S');
    const users = idsOf(roles);
    const dates = { created: updated, disabled: false, description: name };
    workspace.userGroups.set(group, { ...dates, id: group, handle, name, users });
  }
  workspace.emoji.set('steam_locomotive2', 'https://emoji.example/steam_locomotive2.png');
  workspace.emoji.set('shipit', 'alias:rocket');
  return workspace;
}

function addChannel(
  workspace: Workspace,
  plan: ChannelPlan,
  from: number,
  withBot: boolean,
): SlackChannel {
  const people = [...workspace.users.values()].filter(({ isBot }) => !isBot).map(({ id }) => id);
  return workspace.addChannel({
    name: plan.name,
    purpose: plan.purpose,
    isPrivate: plan.isPrivate ?? false,
    isArchived: plan.isArchived ?? false,
    isGeneral: plan.name === 'general',
    creator: people[0] ?? workspace.app.userId,
    created: Math.floor(from / 1000),
    members: [...people, ...(withBot ? [workspace.app.userId] : [])],
  });
}

/** One of each in turn, so that a small workspace has some of everything. */
function interleave(lists: readonly (readonly TopicThread[])[]): TopicThread[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
}
