export interface SlackUser {
  readonly id: string;
  /** The handle. */
  readonly name: string;
  realName: string;
  /** Often empty; then the real name is shown. */
  displayName: string;
  title: string;
  deleted: boolean;
  readonly isBot: boolean;
  readonly botId: string | null;
  readonly timeZone: string;
  /** Unix seconds. */
  updated: number;
}

export interface SlackBot {
  readonly id: string;
  readonly name: string;
  readonly appId: string;
  readonly userId: string | null;
  readonly updated: number;
}

export interface SlackUserGroup {
  readonly id: string;
  handle: string;
  name: string;
  readonly description: string;
  readonly users: string[];
  readonly created: number;
  disabled: boolean;
}

/** What the client shows beside a message. */
export function shownName(user: Pick<SlackUser, 'displayName' | 'realName' | 'name'>): string {
  return user.displayName || user.realName || user.name;
}
