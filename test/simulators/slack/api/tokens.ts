import type { Workspace } from '../model/workspace.js';
import { SlackApiError } from './slack-api-error.js';

export interface AccessToken {
  readonly value: string;
  /** How the token is called in logs. */
  readonly name: string;
  readonly workspace: Workspace;
  scopes: readonly string[];
  state: 'active' | 'revoked' | 'expired' | 'account_inactive';
  /** Unix milliseconds; null = never. */
  readonly expiresAt: number | null;
}

/** Everything a connector could ask for; tests take away what they want to miss. */
export const ALL_SCOPES: readonly string[] = [
  'channels:history',
  'channels:join',
  'channels:read',
  'emoji:read',
  'files:read',
  'groups:history',
  'groups:read',
  'team:read',
  'usergroups:read',
  'users:read',
];

export interface TokenDraft {
  readonly scopes?: readonly string[];
  readonly name?: string;
  readonly expiresAt?: number | null;
  /** Rotating tokens begin with `xoxe.`. */
  readonly rotating?: boolean;
}

/** Tokens that the simulator has handed out, for one or several workspaces. */
export class Tokens {
  private readonly byValue = new Map<string, AccessToken>();
  private issued = 0;

  constructor(private readonly clock: { now(): Date }) {}

  issue(workspace: Workspace, draft: TokenDraft = {}): AccessToken {
    const number = ++this.issued;
    const { team, app } = workspace;
    const secret = `${team.id}-${app.appId}-${String(number).padStart(6, '0')}-simulated`;
    const token: AccessToken = {
      value: `${draft.rotating ? 'xoxe.xoxb-1' : 'xoxb'}-${secret}`,
      name: draft.name ?? `token-${number}`,
      workspace,
      scopes: draft.scopes ?? ALL_SCOPES,
      state: 'active',
      expiresAt: draft.expiresAt ?? null,
    };
    this.byValue.set(token.value, token);
    return token;
  }

  /** @throws TypeError when it was never issued */
  get(value: string): AccessToken {
    const token = this.find(value);
    if (token === undefined) throw new TypeError('no such token');
    return token;
  }

  find(value: string): AccessToken | undefined {
    return this.byValue.get(value);
  }

  /** @throws SlackApiError the way Slack refuses a token */
  authenticate(value: string | null): AccessToken {
    if (value === null) throw new SlackApiError('not_authed');
    const token = this.find(value);
    if (token === undefined) throw new SlackApiError('invalid_auth');
    if (token.state === 'revoked') throw new SlackApiError('token_revoked');
    if (token.state === 'account_inactive') throw new SlackApiError('account_inactive');
    const past = token.expiresAt !== null && token.expiresAt <= this.clock.now().getTime();
    if (token.state === 'expired' || past) throw new SlackApiError('token_expired');
    return token;
  }
}
