import { ConfigError } from '../sdk/errors.js';
import type { Names } from './names.js';
import { isExpiredCursor, refusalCode } from './slack-errors.js';
import type { SlackApi, SlackUser } from './slack-api.js';

/** Members listed in advance, 200 a call; those beyond are asked for one by one as they appear. */
const MAX_LISTED_PAGES = 25;
/** So many times the list of members is begun again within one attempt. */
const MAX_RESTARTS = 3;

/**
 * Names of a workspace. Its members are listed once in advance; whoever is not in the list (new
 * members, people of other workspaces) is asked for once.
 */
export class Directory implements Names {
  private readonly users = new Map<string, string>();
  /** What people may call a bot, by the id of its user. */
  private readonly bots = new Map<string, readonly string[]>();
  private readonly channels = new Map<string, string>();
  private readonly userGroups = new Map<string, string>();
  /** Names that the text now being written lacks. */
  private unknown = new Unknown();
  private readonly asking = new Map<string, Promise<unknown>>();
  /** Where the list of members goes on: a pause in the middle does not start it again. */
  private cursor: string | undefined;
  private listedPages = 0;
  private isListed = false;
  private hasUserGroups = false;

  user(id: string): string {
    return lookUp(id, this.users, this.unknown.users);
  }

  /** Ids of bots, the users of apps, and Slackbot, whom Slack calls no bot. */
  mayBeBot(id: string): boolean {
    if (id.startsWith('B') || id === 'USLACKBOT') return true;
    lookUp(id, this.users, this.unknown.users);
    return this.bots.has(id);
  }

  /** Ids and names of the bot that a user is; undefined: the user is none, or names none. */
  botNames(id: string): readonly string[] | undefined {
    if (id.startsWith('B')) return undefined;
    lookUp(id, this.users, this.unknown.users);
    return this.bots.get(id);
  }

  channel(id: string): string {
    return lookUp(id, this.channels, this.unknown.channels);
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
    for (let restarts = 0; !this.isListed;) {
      const page = await this.membersPage(api);
      if (page === 'expired') {
        // The list begins again; one that expires at once, too, is not waited for.
        if (++restarts > MAX_RESTARTS) this.isListed = true;
        continue;
      }
      const { users, cursor } = page;
      for (const user of users) this.noteUser(user.id, user);
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
    // Texts are written side by side, and nothing comes between the beginning and the end of one.
    const missing = (this.unknown = new Unknown());
    const first = write();
    this.unknown = new Unknown();
    if (missing.users.size === 0 && missing.channels.size === 0) return first;
    for (const id of missing.users)
      await this.ask(id, async () => this.noteUser(id, await userOf(api, id)));
    for (const id of missing.channels)
      await this.ask(id, async () => this.channels.set(id, await channelName(api, id)));
    return write();
  }

  private noteUser(id: string, user: SlackUser): void {
    this.users.set(id, nameOf(user));
    if (user.is_bot) this.bots.set(id, namesOf(user));
    else this.bots.delete(id);
  }

  /** Cursors expire, e.g. while a run waits; kept, an expired one would fail every later run. */
  private async membersPage(
    api: SlackApi,
  ): Promise<Awaited<ReturnType<SlackApi['users']>> | 'expired'> {
    try {
      return await api.users(this.cursor);
    } catch (error) {
      if (this.cursor === undefined || !isExpiredCursor(error)) throw error;
      this.cursor = undefined;
      this.listedPages = 0;
      return 'expired';
    }
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

class Unknown {
  readonly users = new Set<string>();
  readonly channels = new Set<string>();
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

function namesOf({ id, name, real_name, profile = {} }: SlackUser): string[] {
  const { bot_id, api_app_id } = profile;
  const all = [id, bot_id, api_app_id, name, real_name, profile.real_name, profile.display_name];
  return all.filter((it): it is string => it !== undefined && it !== '');
}

/** The id stands for whom Slack does not know (any more). */
async function userOf(api: SlackApi, id: string): Promise<SlackUser> {
  try {
    return await api.user(id);
  } catch (error) {
    if (refusalCode(error) === undefined) throw error;
    return { id };
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
