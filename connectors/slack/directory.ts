import { ConfigError } from '../sdk/errors.js';
import type { Names } from './names.js';
import { refusalCode } from './slack-errors.js';
import type { SlackApi, SlackUser } from './slack-api.js';

/** Members listed in advance, 200 a call; those beyond are asked for one by one as they appear. */
const MAX_LISTED_PAGES = 25;

/**
 * Names of a workspace. Its members are listed once in advance; whoever is not in the list (new
 * members, people of other workspaces) is asked for once.
 */
export class Directory implements Names {
  private readonly users = new Map<string, string>();
  private readonly channels = new Map<string, string>();
  private readonly userGroups = new Map<string, string>();
  private readonly unknownUsers = new Set<string>();
  private readonly unknownChannels = new Set<string>();
  private readonly asking = new Map<string, Promise<unknown>>();
  /** Where the list of members goes on: a pause in the middle does not start it again. */
  private cursor: string | undefined;
  private listedPages = 0;
  private isListed = false;
  private hasUserGroups = false;

  user(id: string): string {
    return lookUp(id, this.users, this.unknownUsers);
  }

  channel(id: string): string {
    return lookUp(id, this.channels, this.unknownChannels);
  }

  userGroup(id: string): string {
    return this.userGroups.get(id) ?? id;
  }

  addChannel(id: string, name: string): void {
    this.channels.set(id, name);
  }

  /** A name that came with a message; what the list says counts more. */
  addUser(id: string, name: string): void {
    if (!this.users.has(id)) this.users.set(id, name);
  }

  async load(api: SlackApi): Promise<void> {
    while (!this.isListed) {
      const { users, cursor } = await api.users(this.cursor);
      for (const user of users) this.users.set(user.id, nameOf(user));
      this.cursor = cursor;
      this.listedPages++;
      this.isListed = cursor === undefined || this.listedPages >= MAX_LISTED_PAGES;
    }
    if (this.hasUserGroups) return;
    for (const group of await userGroupsOf(api))
      this.userGroups.set(group.id, group.handle ?? group.name ?? group.id);
    this.hasUserGroups = true;
  }

  /**
   * Writes a text, asks for the names that it lacked, and writes it again with them.
   * @param write without effects: it runs twice when a name was missing
   */
  async complete<Result>(api: SlackApi, write: () => Result): Promise<Result> {
    const first = write();
    if (this.unknownUsers.size === 0 && this.unknownChannels.size === 0) return first;
    for (const id of this.unknownUsers)
      await this.ask(id, async () => this.users.set(id, await userName(api, id)));
    for (const id of this.unknownChannels)
      await this.ask(id, async () => this.channels.set(id, await channelName(api, id)));
    // Others may have added to them meanwhile; the loops above have seen those, too.
    this.unknownUsers.clear();
    this.unknownChannels.clear();
    return write();
  }

  /** Threads are read side by side; they ask for the same name together. */
  private async ask(id: string, look: () => Promise<unknown>): Promise<void> {
    const asking = this.asking.get(id) ?? look();
    this.asking.set(id, asking);
    try {
      await asking;
    } finally {
      this.asking.delete(id);
    }
  }
}

function lookUp(id: string, names: ReadonlyMap<string, string>, unknown: Set<string>): string {
  const name = names.get(id);
  if (name === undefined && id !== '') unknown.add(id);
  return name ?? id;
}

export function nameOf({ id, name, real_name, profile }: SlackUser): string {
  const all = [profile?.display_name, profile?.real_name, real_name, name];
  return all.map((it) => it?.trim()).find(Boolean) ?? id;
}

/** The id stands for whom Slack does not know (any more). */
async function userName(api: SlackApi, id: string): Promise<string> {
  try {
    return nameOf(await api.user(id));
  } catch (error) {
    if (refusalCode(error) === undefined) throw error;
    return id;
  }
}

async function channelName(api: SlackApi, id: string): Promise<string> {
  try {
    return (await api.channel(id)).name ?? id;
  } catch (error) {
    if (refusalCode(error) === undefined) throw error;
    return id;
  }
}

/** Names of groups are a comfort: without the scope for them, their ids stay. */
async function userGroupsOf(api: SlackApi): Promise<Awaited<ReturnType<SlackApi['userGroups']>>> {
  try {
    return await api.userGroups();
  } catch (error) {
    const isRefused = error instanceof ConfigError || refusalCode(error) !== undefined;
    if (!isRefused) throw error;
    return [];
  }
}
